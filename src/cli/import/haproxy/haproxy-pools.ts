/** A `backend` or `listen`: a pool of ours. */
import type { ImportFindings } from '../outline/findings.ts';
import { Part } from '../outline/part.ts';
import { timeText } from '../outline/times.ts';
import type { HaproxyLine, HaproxySection } from './haproxy-syntax.ts';
import { haproxyMs } from './haproxy-values.ts';

/** What `defaults` say is before what the section says. */
export interface Section extends HaproxySection {
  readonly own: readonly HaproxyLine[];
}

/** The last line of the name and the first words. */
export function lineOf({ lines }: HaproxySection, name: string, ...words: readonly string[]): HaproxyLine | undefined {
  return lines.findLast((each) => each.name === name && words.every((word, at) => each.args[at] === word));
}

/** Undefined, with a finding: no server can be used. */
export function poolOf(section: Section, findings: ImportFindings): Part | undefined {
  const pool = new Part();
  const servers = section.own.filter(({ name }) => name === 'server');
  const shared = section.lines.filter(({ name }) => name === 'default-server').flatMap(({ args }) => args);
  const read = servers.map((line) => ({ line, options: optionsOf([...shared, ...line.args.slice(2)]) }));
  const backends = read.flatMap(({ line, options }) => backendOf(section.title, line, options, findings));
  if (backends.length === 0) {
    findings.refuse(section, `"${section.title}" has no server that can be used`);
    return undefined;
  }
  pool.set('backends', backends, section);
  readBalance(
    section,
    read.some(({ options }) => (options.get('weight') ?? '1') !== '1'),
    pool,
    findings,
  );
  readCookie(section, pool, findings);
  readChecks(section, read, pool, findings);
  readTls(read, pool, findings);
  for (const [name, keys] of [
    ['connect', ['connect']],
    ['server', ['response', 'idle']],
  ] as const) {
    const line = lineOf(section, 'timeout', name);
    const ms = haproxyMs(line?.args[1] ?? '');
    for (const key of keys)
      if (line !== undefined && ms !== undefined && ms > 0)
        pool.set(['timeouts', key], timeText(ms, line, findings), line);
  }
  const retries = lineOf(section, 'retries');
  pool.set(
    ['retries', 'attempts'],
    Math.min(10, Number(retries?.args[0] ?? '3'), backends.length - 1),
    retries,
    retries === undefined ? 'as HAProxy: 3, on other servers' : undefined,
  );
  const on = lineOf(section, 'retry-on');
  const statuses = on?.args.filter((each) => /^[45]\d\d$/.test(each)).map(Number) ?? [];
  pool.set(['retries', 'statuses'], statuses, on, on === undefined ? 'as HAProxy: answers are not retried' : undefined);
  const queue = lineOf(section, 'timeout', 'queue');
  const queueMs = haproxyMs(queue?.args[1] ?? '');
  if (read.some(({ options }) => options.has('maxconn'))) {
    pool.set(['queue', 'size'], 1000, queue, 'HAProxy queues without a limit');
    if (queue !== undefined && queueMs !== undefined && queueMs > 0)
      pool.set(['queue', 'timeout'], timeText(queueMs, queue, findings), queue);
  }
  return pool;
}

/** Options with a value; the others stand alone. */
const VALUED =
  'weight maxconn minconn maxqueue inter fastinter downinter rise fall slowstart cookie port addr ca-file crt crl-file sni verify verifyhost check-sni check-alpn alpn proto check-proto resolvers init-addr resolve-prefer resolve-net resolve-opts id on-error on-marked-down on-marked-up observe error-limit track agent-port agent-addr agent-inter agent-send ciphers ciphersuites ssl-min-ver ssl-max-ver pool-max-conn pool-purge-delay source redir log-proto namespace tcp-ut ws'.split(
    ' ',
  );
const CHANGING: Readonly<Record<string, string>> = {
  'send-proxy': 'the PROXY protocol is not sent to backends: X-Forwarded-For has the address',
  'send-proxy-v2': 'the PROXY protocol is not sent to backends: X-Forwarded-For has the address',
  'send-proxy-v2-ssl': 'the PROXY protocol is not sent to backends: X-Forwarded-For has the address',
  redir: 'redirects to a server are not made by a pool: use redirect of a route',
};

type Options = ReadonlyMap<string, string>;

function optionsOf(words: readonly string[]): Options {
  const options = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    if (VALUED.includes(word)) options.set(word, words[(at += 1)] ?? '');
    else if (word.startsWith('no-')) options.delete(word.slice(3));
    else options.set(word, '');
  }
  return options;
}

function backendOf(section: string, line: HaproxyLine, options: Options, findings: ImportFindings): readonly Part[] {
  const [name = '', address = ''] = line.args;
  const [, host = '', port = ''] = /^(?:ipv[46]@)?(\[[^\]]+\]|[^:@/]+)(?::(\d+))?$/.exec(address) ?? [];
  if (host === '') {
    findings.refuse(line, `"${address}": a backend has a host and a port`);
    return [];
  }
  for (const [option, why] of Object.entries(CHANGING))
    if (options.has(option)) findings.refuse(line, `${option}: ${why}`);
  const isTls = options.has('ssl');
  const backend = new Part().set(
    'url',
    `${isTls ? 'https' : 'http'}://${host}:${port === '' ? (isTls ? 443 : 80) : port}`,
    line,
  );
  if (/^[A-Za-z0-9][\w.:-]{0,60}$/.test(section) && /^[\w.:-]{1,60}$/.test(name))
    backend.set('id', `${section}.${name}`, line);
  const weight = Number(options.get('weight') ?? '1');
  if (weight === 0) backend.set('enabled', false, line, 'weight 0: only for sessions there');
  else if (weight !== 1) backend.set('weight', weight, line);
  if (options.has('backup')) backend.set('backup', true, line);
  if (options.has('disabled')) backend.set('enabled', false, line);
  const most = Number(options.get('maxconn') ?? '0');
  if (most > 0) backend.set('max_in_flight', most, line);
  return [backend];
}

function readBalance(section: Section, isWeighted: boolean, pool: Part, findings: ImportFindings): void {
  const line = lineOf(section, 'balance');
  const [given = 'roundrobin'] = line?.args ?? [];
  const [, field] = /^hdr\(([\w-]+)\)$/.exec(given) ?? [];
  const turn = isWeighted ? 'weighted-round-robin' : 'round-robin';
  if (field !== undefined)
    pool
      .set('algorithm', 'consistent-hash', line)
      .set(['hash', 'by'], 'header', line)
      .set(['hash', 'name'], field.toLowerCase(), line);
  else if (given === 'source') pool.set('algorithm', 'consistent-hash', line).set(['hash', 'by'], 'ip', line);
  else if (given === 'uri') pool.set('algorithm', 'consistent-hash', line).set(['hash', 'by'], 'path', line);
  else if (given === 'leastconn') pool.set('algorithm', 'least-connections', line);
  else if (given.startsWith('random')) pool.set('algorithm', 'two-choices', line);
  else if (given === 'first') {
    pool.set('algorithm', 'least-connections', line);
    findings.note(line, 'first: requests are spread here, not packed onto few servers');
  } else if (given === 'roundrobin' || given === 'static-rr')
    pool.set('algorithm', turn, line, line === undefined ? 'as HAProxy without balance' : undefined);
  else {
    pool.set('algorithm', 'two-choices', line);
    findings.refuse(line, `${given}: allowed are roundrobin, leastconn, random, source, uri and hdr(NAME)`);
  }
}

function readCookie(section: Section, pool: Part, findings: ImportFindings): void {
  const line = lineOf(section, 'cookie');
  if (line === undefined) return;
  const [name = '', ...options] = line.args;
  if (!options.includes('insert')) return findings.refuse(line, 'only cookies with insert have a counterpart: sticky');
  pool.set(['sticky', 'enabled'], true, line).set(['sticky', 'cookie'], name, line);
  for (const [option, key] of [
    ['maxidle', 'idle'],
    ['maxlife', 'max_age'],
  ] as const) {
    const ms = haproxyMs(options[options.indexOf(option) + 1] ?? '');
    if (options.includes(option) && ms !== undefined) pool.set(['sticky', key], timeText(ms, line, findings), line);
  }
  const domain = options.includes('domain') ? options[options.indexOf('domain') + 1]?.replace(/^\./, '') : undefined;
  if (domain !== undefined) pool.set(['sticky', 'domain'], domain, line);
}

interface ReadServer {
  readonly line: HaproxyLine;
  readonly options: Options;
}

function readChecks(section: Section, servers: readonly ReadServer[], pool: Part, findings: ImportFindings): void {
  const checked = servers.find(({ options }) => options.has('check'));
  if (checked === undefined) return;
  const { line, options } = checked;
  const check = pool.part('health_check', line);
  check.set('enabled', true, line);
  const http = lineOf(section, 'option', 'httpchk');
  if (http === undefined) check.set('type', 'tcp', line, 'as HAProxy without option httpchk');
  else readHttpCheck(section, http, check, findings);
  const interval = haproxyMs(options.get('inter') ?? '2s') ?? 2000;
  check.set('interval', timeText(interval, line, findings), line, options.has('inter') ? undefined : 'as HAProxy: 2s');
  const fast = haproxyMs(options.get('fastinter') ?? '');
  if (fast !== undefined) check.set('fast_interval', timeText(fast, line, findings), line);
  const limit = haproxyMs(lineOf(section, 'timeout', 'check')?.args[1] ?? '');
  if (limit !== undefined && limit < interval && limit < (fast ?? interval))
    check.set('timeout', timeText(limit, line, findings), lineOf(section, 'timeout', 'check'));
  check.set('rise', Number(options.get('rise') ?? '2'), line).set('fall', Number(options.get('fall') ?? '3'), line);
  const port = options.get('port');
  if (port !== undefined) check.set('port', Number(port), line);
  if (servers.some((each) => !each.options.has('check')))
    findings.note(line, 'all servers of the pool are checked, also those without check');
  const slow = haproxyMs(options.get('slowstart') ?? '');
  if (slow !== undefined && slow > 0)
    pool
      .set(['slow_start', 'enabled'], true, line)
      .set(['slow_start', 'duration'], timeText(slow, line, findings), line);
}

function readHttpCheck(section: Section, http: HaproxyLine, check: Part, findings: ImportFindings): void {
  const words = http.args.slice(1).filter((word) => !word.startsWith('HTTP/'));
  const [method, path] = words.length > 1 ? words : ['OPTIONS', words[0] ?? '/'];
  check.set('method', method ?? 'OPTIONS', http).set('path', path ?? '/', http);
  for (const line of section.lines.filter(({ name }) => name === 'http-check')) {
    const [kind, ...rest] = line.args;
    if (kind === 'send') {
      for (let at = 0; at < rest.length; at += 1) {
        if (rest[at] === 'meth') check.set('method', rest[(at += 1)] ?? 'GET', line);
        else if (rest[at] === 'uri') check.set('path', rest[(at += 1)] ?? '/', line);
        else if (rest[at] === 'hdr') {
          check.set(['headers', (rest[at + 1] ?? '').toLowerCase()], rest[at + 2] ?? '', line);
          at += 2;
        }
      }
    } else if (kind === 'expect') {
      const [what, value = ''] = rest;
      const [, from, to] = /^(\d{3})(?:-(\d{3}))?$/.exec(value) ?? [];
      if (what === 'status' && from !== undefined)
        check.set('expected_status', [Number(from), Number(to ?? from)], line);
      else if (what === 'string') check.set('expected_body', value, line);
      else findings.lose(line, 'set expected_status and expected_body of health_check');
    } else if (!['connect', 'disable-on-404', 'send-state', 'comment'].includes(kind ?? ''))
      findings.lose(line, 'checks send one request');
  }
}

function readTls(servers: readonly ReadServer[], pool: Part, findings: ImportFindings): void {
  const secure = servers.find(({ options }) => options.has('ssl'));
  if (secure === undefined) return;
  const { line, options } = secure;
  if (options.get('verify') === 'none') pool.set('insecure_skip_tls_verify', true, line, 'unsafe: verify none');
  const authority = options.get('ca-file');
  if (authority !== undefined && !authority.startsWith('@')) pool.set(['tls', 'ca_file'], authority, line);
  const pair = options.get('crt');
  if (pair !== undefined) pool.set(['tls', 'cert_file'], pair, line).set(['tls', 'key_file'], pair, line);
  const [, fixed] = /^str\(([^)]+)\)$/.exec(options.get('sni') ?? '') ?? [];
  const name = options.get('verifyhost') ?? fixed;
  if (name !== undefined) pool.set(['tls', 'server_name'], name, line);
  else if (options.has('sni')) findings.note(line, 'sni: the name in the URL of the backend is asked for and verified');
  const protocol = options.get('alpn') ?? options.get('proto');
  if (protocol?.split(',')[0] === 'h2') pool.set('protocol', 'h2', line);
}
