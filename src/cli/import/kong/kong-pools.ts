/** Services, upstreams and targets of Kong: pools. */
import { fieldOf, isTrue, type Sourced, textOf } from '../document/sourced-document.ts';
import { RETRIED } from '../nginx/nginx-pools.ts';
import type { Origin } from '../outline/origin.ts';
import { Part } from '../outline/part.ts';
import { timeText } from '../outline/times.ts';
import { readHealthchecks } from './kong-health.ts';
import { childrenOf, givenOf, itemsOf, type KongWorld, nameOf, numberOf, onlyKeys, refersTo } from './kong-entities.ts';

interface Address {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly origin: Origin;
}

/** Schemes of URLs, and the `protocol` of the pool. */
const SCHEMES: Readonly<Record<string, readonly [scheme: string, protocol?: string]>> = {
  http: ['http'],
  https: ['https'],
  grpc: ['http', 'h2c'],
  grpcs: ['https', 'h2'],
};

/** @returns the name of the pool; undefined, with a finding: it leads nowhere */
export function poolOf(service: Sourced, preservesHost: Sourced | undefined, world: KongWorld): string | undefined {
  const { findings } = world.outline;
  onlyKeys(
    service,
    'name id tags created_at updated_at url protocol host port path retries connect_timeout write_timeout read_timeout ' +
      'tls_verify tls_verify_depth ca_certificates client_certificate enabled routes plugins',
    findings,
  );
  const address = addressOf(service);
  const [scheme, protocol] = SCHEMES[address.protocol] ?? [];
  if (scheme === undefined) {
    findings.refuse(address.origin, `"${address.protocol}": allowed are ${Object.keys(SCHEMES).join(', ')}`);
    return undefined;
  }
  const pool = new Part();
  const base = `${scheme}://`;
  const path = address.path.replace(/\/$/, '');
  const upstream = itemsOf(world.file, 'upstreams').find((each) => nameOf(each) === address.host);
  if (upstream === undefined)
    pool.set(
      'backends',
      [new Part().set('url', `${base}${address.host}:${address.port}${path}`, address.origin)],
      address.origin,
    );
  else readUpstream(upstream, base, path, pool, world);
  if ((pool.get('backends') as readonly Part[]).length === 0) {
    findings.refuse(upstream!.origin, `the upstream "${address.host}" has no target`);
    return undefined;
  }
  if (protocol !== undefined) pool.set('protocol', protocol, address.origin);
  if (!isTrue(preservesHost))
    pool.set(
      'preserve_host',
      false,
      preservesHost?.origin ?? service.origin,
      preservesHost === undefined ? "Kong's default: not the Host of the client" : undefined,
    );
  readTls(service, scheme, pool, world);
  readTimes(service, pool, world);
  return world.outline.addPool(nameOf(service), pool);
}

function addressOf(service: Sourced): Address {
  const url = givenOf(service, 'url');
  const [, scheme, host, port, path] =
    /^([a-z_]+):\/\/(\[[^\]]+\]|[^:/?#]+)(?::(\d+))?(\/[^?#]*)?$/i.exec(textOf(url) ?? '') ?? [];
  const protocol = scheme?.toLowerCase() ?? textOf(givenOf(service, 'protocol')) ?? 'http';
  const isSecure = protocol === 'https' || protocol === 'grpcs';
  return {
    protocol,
    host: host ?? textOf(givenOf(service, 'host')) ?? '',
    port: port === undefined ? (url === undefined ? numberOf(service, 'port', 80) : isSecure ? 443 : 80) : Number(port),
    path: path ?? textOf(givenOf(service, 'path')) ?? '',
    origin: url?.origin ?? givenOf(service, 'host')?.origin ?? service.origin,
  };
}

function readTls(service: Sourced, scheme: string, pool: Part, { outline: { findings } }: KongWorld): void {
  const verify = givenOf(service, 'tls_verify');
  if (scheme === 'https' && verify?.value === false)
    pool.set('insecure_skip_tls_verify', true, verify.origin, 'unsafe: tls_verify: false');
  else if (scheme === 'https' && !isTrue(verify))
    findings.note(
      service.origin,
      'certificates of https backends are verified here; insecure_skip_tls_verify of the pool turns that off',
    );
  for (const [key, why] of [
    ['client_certificate', 'is in a file here: set tls.cert_file and tls.key_file of the pool'],
    ['ca_certificates', 'are in a file here: set tls.ca_file of the pool'],
  ] as const) {
    const given = givenOf(service, key);
    if (given !== undefined) findings.refuse(given.origin, why);
  }
  const depth = givenOf(service, 'tls_verify_depth');
  if (depth !== undefined) findings.lose(depth.origin, 'chains are verified whatever their length');
}

function readTimes(service: Sourced, pool: Part, { outline: { findings } }: KongWorld): void {
  for (const [key, ours] of [
    ['connect_timeout', ['connect']],
    ['read_timeout', ['response', 'idle']],
  ] as const) {
    const given = givenOf(service, key);
    const ms = Number(textOf(given));
    if (given === undefined) continue;
    if (!(ms > 0)) findings.refuse(given.origin, 'is no number of milliseconds');
    else for (const name of ours) pool.set(['timeouts', name], timeText(ms, given.origin, findings), given.origin);
  }
  const write = givenOf(service, 'write_timeout');
  if (write !== undefined && Number(textOf(write)) !== Number(textOf(fieldOf(service, 'read_timeout'))))
    findings.lose(
      write.origin,
      'a request has no limit between two parts; the backend must answer in timeouts.response',
    );
  const retries = givenOf(service, 'retries');
  if (retries === undefined) return;
  const count = Number(textOf(retries));
  if (count > 10) findings.note(retries.origin, 'there are at most 10 retries here');
  pool.set(['retries', 'attempts'], Math.min(10, count), retries.origin);
}

/** What holds for all services that do not say otherwise. */
export function setDefaults(root: Part): void {
  for (const name of ['connect', 'response', 'idle']) root.set(['timeouts', name], '60s', undefined, "Kong's default");
  root
    .set(['retries', 'attempts'], 5, undefined, "Kong's default")
    .set(['retries', 'statuses'], [], undefined, 'as Kong: answers are not retried')
    .set(['retries', 'methods'], RETRIED, undefined, 'as Kong: not POST, LOCK and PATCH');
  root.set(['passive_health', 'enabled'], false, undefined, 'as before; remove it to eject backends that fail');
  root.set(['route_defaults', 'timeout'], '0s', undefined, 'as Kong: no limit for all retries together');
}

function readUpstream(upstream: Sourced, base: string, path: string, pool: Part, world: KongWorld): void {
  const { findings } = world.outline;
  onlyKeys(
    upstream,
    'name id tags created_at updated_at targets slots algorithm hash_on hash_fallback hash_on_header hash_on_cookie ' +
      'hash_on_cookie_path hash_fallback_header healthchecks host_header client_certificate',
    findings,
  );
  const host = givenOf(upstream, 'host_header');
  if (host !== undefined)
    findings.refuse(host.origin, 'backends get the Host of the client, or with preserve_host: false their own');
  const certificate = givenOf(upstream, 'client_certificate');
  if (certificate !== undefined)
    findings.refuse(certificate.origin, 'is in a file here: set tls.cert_file and tls.key_file of the pool');
  const targets = [
    ...childrenOf(world, 'targets', upstream, 'upstream'),
    ...itemsOf(world.file, 'targets').filter((each) => refersTo(fieldOf(each, 'upstream_id'), upstream)),
  ];
  const weights = targets.map((each) => {
    const weight = numberOf(each, 'weight', 100);
    if (Number.isInteger(weight) && weight >= 0) return weight;
    findings.refuse(fieldOf(each, 'weight')!.origin, 'a weight is a whole number');
    return 0;
  });
  const shares = sharesOf(weights);
  pool.set(
    'backends',
    targets.map((each, at) => {
      onlyKeys(each, 'target weight tags id created_at updated_at upstream upstream_id', findings);
      const text = textOf(fieldOf(each, 'target')) ?? '';
      const backend = new Part();
      backend.set('url', `${base}${/:\d+$/.test(text) ? text : `${text}:8000`}${path}`, each.origin);
      const weight = fieldOf(each, 'weight');
      if (shares[at] === 0) backend.set('enabled', false, weight!.origin);
      else if (shares.some((share) => share > 1)) backend.set('weight', shares[at]!, weight?.origin ?? each.origin);
      return backend;
    }),
    fieldOf(upstream, 'targets')?.origin ?? upstream.origin,
  );
  readAlgorithm(
    upstream,
    shares.some((share) => share > 1),
    pool,
    world,
  );
  readHealthchecks(upstream, base === 'https://', pool, findings);
}

/** Weights without a common divisor, at most 1000 as here; 0 stays. */
function sharesOf(weights: readonly number[]): readonly number[] {
  const divisor = weights.reduce((one, other) => commonDivisor(one, other), 0) || 1;
  const most = Math.max(...weights, 1) / divisor;
  const scale = most > 1000 ? 1000 / most : 1;
  return weights.map((weight) => (weight === 0 ? 0 : Math.max(1, Math.round((weight / divisor) * scale))));
}

function commonDivisor(one: number, other: number): number {
  return other === 0 ? one : commonDivisor(other, one % other);
}

const ALGORITHMS: Readonly<Record<string, string>> = {
  'least-connections': 'least-connections',
  latency: 'two-choices',
  'consistent-hashing': 'consistent-hash',
};

function readAlgorithm(upstream: Sourced, isWeighted: boolean, pool: Part, { outline: { findings } }: KongWorld): void {
  const hashOn = givenOf(upstream, 'hash_on');
  const by = textOf(hashOn) ?? 'none';
  const given = givenOf(upstream, 'algorithm');
  const theirs = textOf(given) ?? (by === 'none' ? 'round-robin' : 'consistent-hashing');
  const origin = given?.origin ?? upstream.origin;
  const ours = ALGORITHMS[theirs];
  if (theirs !== 'round-robin' && ours === undefined) findings.refuse(origin, `"${theirs}" has no counterpart`);
  const plain = isWeighted ? 'weighted-round-robin' : 'round-robin';
  if (ours !== 'consistent-hash' || by === 'none') {
    pool.set('algorithm', ours === undefined || ours === 'consistent-hash' ? plain : ours, origin);
    return;
  }
  const at = hashOn!.origin;
  if (by === 'cookie') {
    pool.set('algorithm', plain, origin);
    pool.set(['sticky', 'enabled'], true, at);
    pool.set(['sticky', 'cookie'], textOf(fieldOf(upstream, 'hash_on_cookie')) ?? '', at);
    pool.set(['sticky', 'path'], textOf(givenOf(upstream, 'hash_on_cookie_path')) ?? '/', at);
    findings.note(at, 'a signed cookie of Sluice binds each client to a backend, as the one that Kong sets');
    return;
  }
  if (by !== 'ip' && by !== 'path' && by !== 'header') {
    findings.refuse(at, `"${by}": requests are spread by ip, path, header or cookie`);
    pool.set('algorithm', plain, origin);
    return;
  }
  pool.set('algorithm', 'consistent-hash', origin).set(['hash', 'by'], by, at);
  if (by === 'header')
    pool.set(['hash', 'name'], (textOf(fieldOf(upstream, 'hash_on_header')) ?? '').toLowerCase(), at);
  const fallback = givenOf(upstream, 'hash_fallback');
  if (fallback !== undefined && textOf(fallback) !== 'none')
    findings.lose(fallback.origin, 'requests without the header are spread by the address of the client');
}
