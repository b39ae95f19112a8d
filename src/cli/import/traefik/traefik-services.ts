/** Services of Traefik: pools, and what shares requests between them. */
import { entriesOf, fieldOf, isTrue, type Sourced, textOf, textsOf } from '../document/sourced-document.ts';
import type { GatewayOutline } from '../outline/gateway-outline.ts';
import { Part } from '../outline/part.ts';
import { timeText } from '../outline/times.ts';
import { goMs } from './go-time.ts';

export interface ServiceReader {
  readonly services: ReadonlyMap<string, Sourced>;
  readonly transports: ReadonlyMap<string, Sourced>;
  readonly outline: GatewayOutline;
}

const MAX_DEPTH = 8;

/** Puts `pool` or `split` (and `mirror`) into the action. @returns whether it leads somewhere */
export function leadTo(name: string, action: Part, more: Part, at: Sourced, reader: ServiceReader, depth = 0): boolean {
  const { findings } = reader.outline;
  const service = reader.services.get(name.replace(/@file$/, ''));
  if (service === undefined || depth > MAX_DEPTH) {
    findings.refuse(
      at.origin,
      name.endsWith('@internal')
        ? `${name}: the dashboard and the API are on the admin port`
        : `there is no service "${name}" in the file`,
    );
    return false;
  }
  const [[kind, of] = ['', service]] = entriesOf(service);
  if (kind === 'loadBalancer') {
    const pool = poolOf(name, of, more, reader);
    if (pool !== undefined) action.set('pool', pool, of.origin);
    return pool !== undefined;
  }
  if (kind === 'weighted') {
    const split = (fieldOf(of, 'services')?.items ?? []).flatMap((each) => {
      const inner = new Part();
      if (!leadTo(textOf(fieldOf(each, 'name')) ?? '', inner, more, each, reader, depth + 1)) return [];
      const pool = inner.get('pool');
      if (typeof pool === 'string')
        return [
          new Part()
            .set('pool', pool, each.origin)
            .set('weight', Number(textOf(fieldOf(each, 'weight')) ?? '1'), each.origin),
        ];
      findings.refuse(each.origin, 'a service of several services within another: name the pools of all in one');
      return [];
    });
    const sticky = fieldOf(of, 'sticky');
    if (sticky !== undefined)
      findings.note(sticky.origin, 'clients stay with their pool by their address: split_by: client');
    else action.set('split_by', 'request', of.origin, 'as there: by the weights alone');
    if (split.length > 0) action.set('split', split, of.origin);
    return split.length > 0;
  }
  if (kind === 'mirroring') {
    const [mirror, ...others] = fieldOf(of, 'mirrors')?.items ?? [];
    const copy = new Part();
    if (
      mirror !== undefined &&
      leadTo(textOf(fieldOf(mirror, 'name')) ?? '', copy, new Part(), mirror, reader, depth + 1)
    ) {
      action.set(['mirror', 'pool'], copy.get('pool') ?? '', mirror.origin);
      action.set(['mirror', 'sample'], Number(textOf(fieldOf(mirror, 'percent')) ?? '0') / 100, mirror.origin);
      findings.note(mirror.origin, 'only GET and HEAD are copied, unless mirror.methods says otherwise');
    }
    for (const each of others) findings.lose(each.origin, 'a route has one mirror');
    return leadTo(textOf(fieldOf(of, 'service')) ?? '', action, more, of, reader, depth + 1);
  }
  if (kind === 'failover') {
    const other = new Part();
    const main = more.copy();
    if (leadTo(textOf(fieldOf(of, 'fallback')) ?? '', other, more, of, reader, depth + 1))
      main
        .set(['fallback', 'pool'], other.get('pool') ?? '', of.origin)
        .set(['fallback', 'overprovisioning'], 1000, of.origin, 'as long as any is available');
    return leadTo(textOf(fieldOf(of, 'service')) ?? '', action, main, of, reader, depth + 1);
  }
  findings.refuse(of.origin, `${kind}: allowed are loadBalancer, weighted, mirroring and failover`);
  return false;
}

function poolOf(name: string, of: Sourced, more: Part, { outline, transports }: ServiceReader): string | undefined {
  const { findings } = outline;
  const pool = new Part();
  const servers = fieldOf(of, 'servers')?.items ?? [];
  const backends = servers.flatMap((each) => {
    const url = textOf(fieldOf(each, 'url'));
    if (url === undefined) {
      findings.refuse(each.origin, 'a server of http has a url');
      return [];
    }
    const backend = new Part().set('url', url.replace(/\/$/, ''), each.origin);
    const weight = fieldOf(each, 'weight');
    if (weight !== undefined) backend.set('weight', Number(textOf(weight)), weight.origin);
    return [backend];
  });
  if (backends.length === 0) {
    findings.refuse(of.origin, 'has no server that can be used');
    return undefined;
  }
  const isWeighted = servers.some((each) => fieldOf(each, 'weight') !== undefined);
  pool
    .set('backends', backends, of.origin)
    .set('algorithm', isWeighted ? 'weighted-round-robin' : 'round-robin', of.origin);
  for (const [key, each] of entriesOf(of)) {
    if (key === 'passHostHeader') {
      if (!isTrue(each)) pool.set('preserve_host', false, each.origin);
    } else if (key === 'strategy') {
      const algorithm = { wrr: undefined, p2c: 'two-choices', hrw: 'consistent-hash', leasttime: 'two-choices' }[
        textOf(each) ?? ''
      ];
      if (algorithm !== undefined) pool.set('algorithm', algorithm, each.origin);
    } else if (key === 'sticky') readSticky(each, pool, outline);
    else if (key === 'healthCheck') readCheck(each, pool, outline);
    else if (key === 'serversTransport') readTransport(each, pool, transports, outline);
    else if (key === 'passiveHealthCheck') pool.set(['passive_health', 'enabled'], true, each.origin);
    else if (key !== 'servers' && key !== 'responseForwarding') findings.refuse(each.origin, 'has no counterpart');
  }
  return outline.addPool(name.replace(/@file$/, ''), pool.fill(more));
}

function readSticky(of: Sourced, pool: Part, { findings }: GatewayOutline): void {
  const cookie = fieldOf(of, 'cookie');
  pool.set(['sticky', 'enabled'], true, of.origin);
  for (const [name, each] of entriesOf(cookie)) {
    const text = textOf(each) ?? '';
    if (name === 'name') pool.set(['sticky', 'cookie'], text, each.origin);
    else if (name === 'sameSite') pool.set(['sticky', 'same_site'], text.toLowerCase(), each.origin);
    else if (name === 'secure' && isTrue(each)) pool.set(['sticky', 'secure'], 'always', each.origin);
    else if (name === 'path' || name === 'domain') pool.set(['sticky', name], text.replace(/^\./, ''), each.origin);
    else if (name === 'maxAge' && Number(text) > 0)
      pool.set(['sticky', 'max_age'], timeText(Number(text) * 1000, each.origin, findings), each.origin);
  }
}

function readCheck(of: Sourced, pool: Part, { findings }: GatewayOutline): void {
  const check = pool.part('health_check', of.origin);
  check.set('enabled', true, of.origin);
  const interval = goMs(textOf(fieldOf(of, 'interval')) ?? '30s') ?? 30_000;
  check.set('interval', timeText(interval, of.origin, findings), fieldOf(of, 'interval')?.origin ?? of.origin);
  check.set('fall', 1, of.origin, 'as Traefik: one failure').set('rise', 1, of.origin, 'as Traefik: one success');
  for (const [name, each] of entriesOf(of)) {
    const text = textOf(each) ?? '';
    if (name === 'path') check.set('path', text, each.origin);
    else if (name === 'method') check.set('method', text.toUpperCase(), each.origin);
    else if (name === 'port') check.set('port', Number(text), each.origin);
    else if (name === 'status') check.set('expected_status', [Number(text), Number(text)], each.origin);
    else if (name === 'hostname') check.set(['headers', 'host'], text, each.origin);
    else if (name === 'headers')
      for (const [field, value] of entriesOf(each))
        check.set(['headers', field.toLowerCase()], textOf(value) ?? '', value.origin);
    else if (name === 'timeout') {
      const ms = goMs(text);
      if (ms !== undefined && ms < Math.min(interval, 2000))
        check.set('timeout', timeText(ms, each.origin, findings), each.origin);
    } else if (name === 'mode')
      findings.refuse(each.origin, 'set type: grpc of health_check, and protocol of the pool');
    else if (!['interval', 'unhealthyInterval', 'followRedirects', 'scheme'].includes(name))
      findings.lose(each.origin, 'unknown here');
  }
}

function readTransport(
  of: Sourced,
  pool: Part,
  transports: ServiceReader['transports'],
  { findings }: GatewayOutline,
): void {
  const name = textOf(of) ?? '';
  const transport = transports.get(name.replace(/@file$/, ''));
  if (transport === undefined) return findings.refuse(of.origin, `there is no serversTransport "${name}" in the file`);
  for (const [key, each] of entriesOf(transport)) {
    if (key === 'insecureSkipVerify') {
      if (isTrue(each)) pool.set('insecure_skip_tls_verify', true, each.origin, 'unsafe: insecureSkipVerify');
    } else if (key === 'serverName') pool.set(['tls', 'server_name'], textOf(each) ?? '', each.origin);
    else if (key === 'rootCAs') pool.set(['tls', 'ca_file'], textsOf(each)[0] ?? '', each.origin);
    else if (key === 'certificates') {
      pool.set(['tls', 'cert_file'], textOf(fieldOf(each.items?.[0], 'certFile')) ?? '', each.origin);
      pool.set(['tls', 'key_file'], textOf(fieldOf(each.items?.[0], 'keyFile')) ?? '', each.origin);
    } else if (key === 'forwardingTimeouts') {
      for (const [timeout, ours] of [
        ['dialTimeout', 'connect'],
        ['responseHeaderTimeout', 'response'],
      ] as const) {
        const ms = goMs(textOf(fieldOf(each, timeout)) ?? '');
        if (ms !== undefined && ms > 0)
          pool.set(['timeouts', ours], timeText(ms, each.origin, findings), fieldOf(each, timeout)!.origin);
      }
    } else if (!['maxIdleConnsPerHost', 'disableHTTP2'].includes(key))
      findings.refuse(each.origin, 'has no counterpart');
  }
}
