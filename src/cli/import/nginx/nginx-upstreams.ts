/** `upstream`: a pool, without what depends on the location that uses it. */
import type { ImportFindings } from '../outline/findings.ts';
import { Part } from '../outline/part.ts';
import { timeText } from '../outline/times.ts';
import type { NginxDirective } from './nginx-syntax.ts';
import { headerName, nginxMs, timeOf } from './nginx-values.ts';

export interface NginxUpstream {
  readonly name: string;
  readonly origin: NginxDirective;
  readonly servers: readonly NginxDirective[];
  /** Everything but `backends`, whose URLs depend on the scheme of proxy_pass. */
  readonly pool: Part;
}

export function readUpstream(each: NginxDirective, findings: ImportFindings): NginxUpstream {
  const block = each.block ?? [];
  const servers = block.filter(({ name, args }) => name === 'server' && usable(args[0] ?? '', each, findings));
  const pool = new Part();
  readAlgorithm(block, servers, pool, findings);
  readFailures(servers, pool, findings);
  for (const directive of block) {
    if (directive.name === 'keepalive_timeout') {
      const time = timeOf(directive, findings);
      if (time !== undefined) pool.set('keep_alive', time, directive);
    }
  }
  const slow = servers.find(({ args }) => args.some((arg) => arg.startsWith('slow_start=')));
  const slowMs = nginxMs(slow === undefined ? '' : option(slow, 'slow_start')!);
  if (slow !== undefined && slowMs !== undefined && slowMs > 0)
    pool
      .set(['slow_start', 'enabled'], true, slow)
      .set(['slow_start', 'duration'], timeText(slowMs, slow, findings), slow);
  return { name: each.args[0] ?? '', origin: each, servers, pool };
}

function usable(address: string, each: NginxDirective, findings: ImportFindings): boolean {
  if (!address.startsWith('unix:')) return true;
  findings.refuse(each, `"${address}" is a Unix socket: backends have a host and a port`);
  return false;
}

/** The value of `name=value`. */
export function option({ args }: NginxDirective, name: string): string | undefined {
  return args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1);
}

function readAlgorithm(
  block: readonly NginxDirective[],
  servers: readonly NginxDirective[],
  pool: Part,
  findings: ImportFindings,
): void {
  const chosen = block.find(({ name }) => ['ip_hash', 'hash', 'least_conn', 'least_time', 'random'].includes(name));
  const isWeighted = servers.some((server) => (option(server, 'weight') ?? '1') !== '1');
  if (chosen === undefined)
    pool.set(
      'algorithm',
      isWeighted ? 'weighted-round-robin' : 'round-robin',
      undefined,
      'as nginx without another method',
    );
  else if (chosen.name === 'least_conn') pool.set('algorithm', 'least-connections', chosen);
  else if (chosen.name === 'ip_hash')
    pool.set('algorithm', 'consistent-hash', chosen).set(['hash', 'by'], 'ip', chosen);
  else if (chosen.name === 'random') pool.set('algorithm', chosen.args[0] === 'two' ? 'two-choices' : 'random', chosen);
  else if (chosen.name === 'hash') readHash(chosen, pool, findings);
  else pool.set('algorithm', 'two-choices', chosen, 'least_time: by latency and requests in flight');
  const sticky = block.find(({ name }) => name === 'sticky');
  if (sticky === undefined) return;
  if (sticky.args[0] !== 'cookie')
    return findings.refuse(sticky, 'sessions are bound by a cookie here: sticky cookie NAME');
  pool.set(['sticky', 'enabled'], true, sticky).set(['sticky', 'cookie'], sticky.args[1] ?? 'route', sticky);
  const expires = nginxMs(option(sticky, 'expires') ?? '');
  if (expires !== undefined && expires > 0)
    pool.set(['sticky', 'max_age'], timeText(expires, sticky, findings), sticky);
  const domain = option(sticky, 'domain')?.replace(/^\./, '');
  if (domain !== undefined) pool.set(['sticky', 'domain'], domain, sticky);
}

function readHash(chosen: NginxDirective, pool: Part, findings: ImportFindings): void {
  pool.set('algorithm', 'consistent-hash', chosen);
  const key = (chosen.args[0] ?? '').replace(/^\$\{?(\w+)\}?$/, '$1');
  const by = /^(?:binary_)?remote_addr$/.test(key) ? 'ip' : /^(?:request_)?uri$/.test(key) ? 'path' : undefined;
  if (by !== undefined) pool.set(['hash', 'by'], by, chosen);
  else if (key.startsWith('http_'))
    pool.set(['hash', 'by'], 'header', chosen).set(['hash', 'name'], headerName(key), chosen);
  else if (key.startsWith('cookie_'))
    pool.set(['hash', 'by'], 'cookie', chosen).set(['hash', 'name'], key.slice(7), chosen);
  else {
    pool.set('algorithm', 'two-choices', chosen);
    findings.refuse(
      chosen,
      `"${chosen.args[0] ?? ''}" cannot be hashed: allowed are address, path, a header and a cookie`,
    );
  }
}

/** `max_fails` in `fail_timeout`, then away for `fail_timeout`. */
function readFailures(servers: readonly NginxDirective[], pool: Part, findings: ImportFindings): void {
  const [first] = servers;
  if (first === undefined || servers.length < 2) return;
  const fails = servers.map(
    (server) => `${option(server, 'max_fails') ?? '1'} ${option(server, 'fail_timeout') ?? '10s'}`,
  );
  const from =
    servers.find((server) => option(server, 'max_fails') !== undefined) ??
    servers.find((server) => option(server, 'fail_timeout') !== undefined);
  if (new Set(fails).size > 1)
    findings.note(from, 'max_fails and fail_timeout differ between servers: those of the first are for the whole pool');
  const count = Number(option(first, 'max_fails') ?? '1');
  if (count === 0) {
    pool.set(['passive_health', 'enabled'], false, first);
    return;
  }
  const away = nginxMs(option(first, 'fail_timeout') ?? '') ?? 10_000;
  const remark = from === undefined ? "nginx's default: max_fails=1 fail_timeout=10s" : undefined;
  pool.set(['passive_health', 'consecutive_errors'], count, from, remark);
  if (away > 0) {
    pool.set(['passive_health', 'eject'], timeText(away, first, findings), from, remark);
    pool.set(['passive_health', 'max_eject'], timeText(away, first, findings), from, remark);
  }
}

/** @param scheme of proxy_pass */
export function backendsOf({ servers }: NginxUpstream, scheme: string, findings: ImportFindings): readonly Part[] {
  const seen = new Set<string>();
  return servers.flatMap((server) => {
    const [address = ''] = server.args;
    const url = `${scheme}://${/:\d+$/.test(address) ? address : `${address}:80`}`;
    if (seen.has(url)) {
      findings.note(server, 'is listed twice: once is enough, its weight decides');
      return [];
    }
    seen.add(url);
    const backend = new Part().set('url', url, server);
    for (const arg of server.args.slice(1)) {
      const [key = '', value = ''] = arg.split('=');
      if (key === 'weight') {
        if (value !== '1') backend.set('weight', Number(value), server);
      } else if (key === 'backup') backend.set('backup', true, server);
      else if (key === 'down') backend.set('enabled', false, server);
      else if (key === 'max_conns') {
        if (value !== '0') backend.set('max_in_flight', Number(value), server);
      } else if (!['max_fails', 'fail_timeout', 'slow_start', 'resolve', 'drain'].includes(key))
        findings.refuse(server, `"${arg}" is unknown here`);
      else if (key === 'drain')
        findings.note(server, 'drain: backends are drained by sluice backends drain, here it serves');
    }
    return [backend];
  });
}
