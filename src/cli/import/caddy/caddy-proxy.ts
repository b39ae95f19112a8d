/** `reverse_proxy`: a pool of ours. */
import type { GatewayOutline } from '../outline/gateway-outline.ts';
import { Part } from '../outline/part.ts';
import { timeText } from '../outline/times.ts';
import { goMs } from '../traefik/go-time.ts';
import type { CaddyDirective } from './caddy-syntax.ts';
import { caddyTemplate } from './caddy-values.ts';

/** Puts `pool` and changed fields into the action; false, with a finding: it leads nowhere. @param upstreams of the line itself */
export function readProxy(
  of: CaddyDirective,
  upstreams: readonly string[],
  action: Part,
  outline: GatewayOutline,
): boolean {
  const { findings } = outline;
  const block = of.block ?? [];
  const pool = new Part();
  const transport = block.find(({ name }) => name === 'transport');
  if (transport !== undefined && transport.args[0] !== 'http')
    findings.refuse(transport, `${transport.args[0] ?? ''}: only http has a counterpart`);
  const isTls = transport?.block?.some(({ name }) => name.startsWith('tls')) === true;
  const to = [
    ...upstreams.map((address) => ({ address, at: of })),
    ...block.filter(({ name }) => name === 'to').flatMap((each) => each.args.map((address) => ({ address, at: each }))),
  ];
  const backends = to.flatMap(({ address, at }) => {
    const url = urlOf(address, isTls);
    if (url !== undefined) return [new Part().set('url', url, at)];
    findings.refuse(at, `"${address}": a backend has a host and a port`);
    return [];
  });
  if (backends.length === 0) {
    findings.refuse(of, 'has no upstream that can be used');
    return false;
  }
  pool.set('backends', backends, of).set('algorithm', 'random', undefined, 'as Caddy without lb_policy');
  for (const each of block)
    readOption(
      each,
      pool,
      action,
      to.map(({ address }) => address),
      outline,
    );
  pool.set(
    ['retries', 'attempts'],
    (pool.get('retries', 'attempts') as number | undefined) ?? 0,
    undefined,
    'as Caddy without lb_retries',
  );
  if (transport !== undefined) readTransport(transport, pool, outline);
  const address = to[0]!.address.replace(/^\w+:\/\//, '');
  action.set('pool', outline.addPool(to.length === 1 ? address : `pool-${address}`, pool), of);
  return true;
}

function urlOf(address: string, isTls: boolean): string | undefined {
  const [, scheme, host = '', port] = /^(?:(https?|h2c):\/\/)?(\[[^\]]+\]|[^:/{}@]*)(?::(\d+))?$/.exec(address) ?? [];
  if (host === '' && port === undefined) return undefined;
  const made = scheme ?? (isTls || port === '443' ? 'https' : 'http');
  return `${made}://${host === '' ? 'localhost' : host}:${port ?? (made === 'https' ? 443 : 80)}`;
}

const SENT = /^(?:x-forwarded-(?:for|proto|host|port)|connection|upgrade|x-request-id)$/;

function readOption(
  each: CaddyDirective,
  pool: Part,
  action: Part,
  addresses: readonly string[],
  { findings }: GatewayOutline,
): void {
  const [first = '', second = ''] = each.args;
  const time = (path: readonly string[]): void => {
    const ms = goMs(first);
    if (ms !== undefined && ms > 0) pool.set(path, timeText(ms, each, findings), each);
    else findings.lose(each, `found "${first}", which is not a time above zero`);
  };
  if (each.name.startsWith('health_') && each.name !== 'health_headers')
    pool.set(['health_check', 'enabled'], true, each);
  switch (each.name) {
    case 'to':
    case 'transport':
    case 'flush_interval':
    case 'buffer_requests':
    case 'buffer_responses':
    case 'request_buffers':
    case 'response_buffers':
    case 'stream_timeout':
    case 'stream_close_delay':
      return;
    case 'lb_policy':
      return readPolicy(each, pool, findings);
    case 'lb_retries':
      return void pool.set(['retries', 'attempts'], Math.min(10, Number(first)), each);
    case 'lb_try_duration':
      if (pool.get('retries', 'attempts') === undefined)
        pool.set(['retries', 'attempts'], Math.min(10, Math.max(1, addresses.length - 1)), each);
      return findings.note(each, 'tries are bounded by retries.attempts, not by time');
    case 'lb_try_interval':
      return time(['retries', 'backoff_base']);
    case 'health_uri':
      return void pool.set(['health_check', 'path'], first, each);
    case 'health_port':
      return void pool.set(['health_check', 'port'], Number(first), each);
    case 'health_interval':
      return time(['health_check', 'interval']);
    case 'health_timeout':
      return time(['health_check', 'timeout']);
    case 'health_passes':
      return void pool.set(['health_check', 'rise'], Number(first), each);
    case 'health_fails':
      return void pool.set(['health_check', 'fall'], Number(first), each);
    case 'health_status': {
      const status = /^[1-5]xx$/.test(first)
        ? [Number(first[0]) * 100, Number(first[0]) * 100 + 99]
        : [Number(first), Number(first)];
      return void pool.set(['health_check', 'expected_status'], status, each);
    }
    case 'health_body':
      if (/^[\w .:"-]+$/.test(first)) return void pool.set(['health_check', 'expected_body'], first, each);
      return findings.lose(each, 'health_check.expected_body is a text, not an expression');
    case 'health_headers':
      for (const field of each.block ?? [])
        pool.set(['health_check', 'headers', field.name.toLowerCase()], field.args[0] ?? '', field);
      return;
    case 'fail_duration':
      pool.set(['passive_health', 'enabled'], true, each);
      return time(['passive_health', 'eject']);
    case 'max_fails':
      return void pool.set(['passive_health', 'consecutive_errors'], Math.max(1, Number(first)), each);
    case 'unhealthy_request_count':
      return void pool.set('max_in_flight', Number(first), each);
    case 'header_down':
      return changeField(each, 'response_headers', action, findings);
    case 'header_up':
      if (first.toLowerCase() !== 'host')
        return SENT.test(first.toLowerCase().replace(/^[+-]/, ''))
          ? undefined
          : changeField(each, 'request_headers', action, findings);
      if (
        /^\{(?:upstream_hostport|http\.reverse_proxy\.upstream\.hostport)\}$/.test(second) ||
        addresses.includes(second)
      )
        pool.set('preserve_host', false, each);
      else if (!/^\{(?:host|http\.request\.host|hostport)\}$/.test(second))
        findings.refuse(each, 'Host: backends get the Host of the client, or with preserve_host: false their own');
      return;
    case 'trusted_proxies':
      return findings.refuse(each, 'set server.trust_proxy');
    case 'unhealthy_status':
    case 'unhealthy_latency':
    case 'health_upstream':
    case 'health_method':
    case 'health_follow_redirects':
    case 'health_request_body':
    case 'verbose_logs':
      return findings.lose(each, 'has no counterpart');
    default:
      findings.refuse(each, 'has no counterpart');
  }
}

function readPolicy(each: CaddyDirective, pool: Part, findings: GatewayOutline['findings']): void {
  const [policy = '', name = ''] = each.args;
  const simple = {
    round_robin: 'round-robin',
    least_conn: 'least-connections',
    random: 'random',
    random_choose: 'two-choices',
    weighted_round_robin: 'weighted-round-robin',
  }[policy];
  if (simple !== undefined) {
    pool.set('algorithm', simple, each);
    if (policy === 'weighted_round_robin')
      for (const [at, backend] of (pool.get('backends') as readonly Part[]).entries())
        backend.set('weight', Math.max(1, Number(each.args[at + 1] ?? '1')), each);
  } else if (policy === 'ip_hash' || policy === 'client_ip_hash')
    pool.set('algorithm', 'consistent-hash', each).set(['hash', 'by'], 'ip', each);
  else if (policy === 'uri_hash') pool.set('algorithm', 'consistent-hash', each).set(['hash', 'by'], 'path', each);
  else if (policy === 'header')
    pool
      .set('algorithm', 'consistent-hash', each)
      .set(['hash', 'by'], 'header', each)
      .set(['hash', 'name'], name.toLowerCase(), each);
  else if (policy === 'cookie')
    pool
      .set('algorithm', 'random', each)
      .set(['sticky', 'enabled'], true, each)
      .set(['sticky', 'cookie'], name === '' ? 'lb' : name, each);
  else if (policy === 'first') {
    pool.set('algorithm', 'round-robin', each);
    for (const backend of (pool.get('backends') as readonly Part[]).slice(1)) backend.set('backup', true, each);
  } else findings.refuse(each, `${policy}: has no counterpart`);
}

function readTransport({ block }: CaddyDirective, pool: Part, { findings }: GatewayOutline): void {
  for (const each of block ?? []) {
    const [first = ''] = each.args;
    const ms = goMs(first);
    if (each.name === 'tls_insecure_skip_verify')
      pool.set('insecure_skip_tls_verify', true, each, 'unsafe: tls_insecure_skip_verify');
    else if (each.name === 'tls_server_name') pool.set(['tls', 'server_name'], first, each);
    else if (each.name === 'tls_trusted_ca_certs') pool.set(['tls', 'ca_file'], first, each);
    else if (each.name === 'tls_client_auth' && each.args.length === 2)
      pool.set(['tls', 'cert_file'], first, each).set(['tls', 'key_file'], each.args[1]!, each);
    else if (each.name === 'dial_timeout' && ms !== undefined)
      pool.set(['timeouts', 'connect'], timeText(ms, each, findings), each);
    else if (each.name === 'response_header_timeout' && ms !== undefined)
      pool.set(['timeouts', 'response'], timeText(ms, each, findings), each);
    else if (each.name === 'read_timeout' && ms !== undefined)
      pool.set(['timeouts', 'idle'], timeText(ms, each, findings), each);
    else if (each.name === 'versions') {
      if (each.args.includes('h2c')) pool.set('protocol', 'h2c', each);
    } else if (
      ![
        'tls',
        'keepalive',
        'keepalive_interval',
        'keepalive_idle_conns',
        'keepalive_idle_conns_per_host',
        'write_timeout',
        'compression',
        'max_conns_per_host',
        'read_buffer',
        'write_buffer',
        'tls_timeout',
      ].includes(each.name)
    )
      findings.refuse(each, 'has no counterpart');
  }
}

/** `header`, `header_up` and the like: `NAME VALUE`, `+NAME VALUE`, `-NAME`. */
export function changeField(
  each: CaddyDirective,
  key: 'request_headers' | 'response_headers',
  action: Part,
  findings: GatewayOutline['findings'],
): void {
  const [given = '', value, replacement] = each.args;
  const verb = /^[+\-?>]/.exec(given)?.[0] ?? '';
  const field = given.slice(verb.length).toLowerCase();
  if (replacement !== undefined || field.includes('*'))
    return findings.lose(each, `${given}: parts of values are not replaced`);
  if (verb === '-' || value === undefined) {
    action.set([key, 'remove'], [...((action.get(key, 'remove') ?? []) as readonly string[]), field], each);
    return;
  }
  const { text, unknown } = caddyTemplate(value);
  if (text !== undefined) action.set([key, verb === '+' ? 'add' : 'set', field], text, each);
  else {
    findings.lose(
      each,
      `${given}: ${unknown} has no placeholder here${key === 'request_headers' ? '; what clients send in it is removed' : ''}`,
    );
    if (key === 'request_headers')
      action.set([key, 'remove'], [...((action.get(key, 'remove') ?? []) as readonly string[]), field], each);
  }
}
