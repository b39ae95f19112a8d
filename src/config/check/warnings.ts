/**
 * Things that are allowed but hardly ever intended: reported by `check`, and logged by a start or reload that accepts
 * them.
 */
import { METHODS } from 'node:http';
import { type Cidr, isCovered, parseCidr } from '../../net/ip-address.ts';
import { autoConnections } from '../open-files.ts';
import type { Locality, PoolSettings, RouteSettings, ServerSettings, Settings } from '../settings.ts';
import { parseDuration } from '../schema/duration.ts';
import { authWarnings } from './route/warn-auth.ts';
import { acmeWarnings } from './warn-acme.ts';
import { clientAuthWarnings, clientHostWarnings, expired } from './warn-client-auth.ts';
import { RouteSchema } from '../schema/route/route-schema.ts';
import type { Warning } from '../file/problem.ts';

/** For a text from someone who may not know which files exist. */
export function notOpened(file: string): string {
  return `"${file}" is new: a reload or a start opens it, a check does not`;
}

const DEFAULT_UPGRADE_IDLE_MS = parseDuration(RouteSchema.properties.upgrade_idle_timeout.default as string);

/** All unicast of IPv4 (RFC 5771, RFC 6890), and all assigned IPv6 (RFC 4291, 2.4). */
const EVERY_ADDRESS = [['0.0.0.0/1', '128.0.0.0/2', '192.0.0.0/3'], ['2000::/3']].map((blocks) =>
  blocks.map((block) => parseCidr(block)!),
);

/** @param openFiles limit of the process that will run; Infinity: unknown, or not relevant to the caller. */
export function warningsOf(
  { server, tls, geo, pools, routes }: Settings,
  nowMs: number = Date.now(),
  openFiles = Infinity,
): readonly Warning[] {
  return [
    ...trustedProxies(server),
    ...manyConnections(server, openFiles),
    ...unheardHeader(geo, server),
    ...pools.flatMap((pool) => expiredCertificates(pool, nowMs)),
    ...pools.flatMap((pool) => uselessPreference(pool, server.locality)),
    ...routes.flatMap((route, at) => lostUpgrades(route, `routes.${at}`, pools)),
    ...acmeWarnings(tls),
    ...clientAuthWarnings(tls?.clientAuth ?? [], nowMs),
    ...clientHostWarnings(tls),
    ...authWarnings({ server, tls, routes }),
    ...routes.flatMap(({ methods }, at) => otherCase(`routes.${at}.methods`, methods)),
    ...pools.flatMap(({ name, retries }) => otherCase(`pools.${name}.retries.methods`, retries.methods)),
  ];
}

function trustedProxies(server: ServerSettings): readonly Warning[] {
  const proxies = [
    [
      'server.trust_proxy',
      server.trustProxy,
      'anyone can claim any address and identity in X-Forwarded-* and the like',
    ],
    ['server.proxy_protocol_from', server.proxyProtocolFrom, 'anyone can claim any address in a PROXY protocol header'],
  ] as const;
  return proxies
    .filter(([, blocks]) => isEveryAddress(blocks))
    .map(([key, , risk]) => ({ key, message: `every address is a trusted proxy: ${risk}; name your proxies only` }));
}

function isEveryAddress(texts: readonly string[]): boolean {
  const blocks = texts.map(parseCidr).filter((block): block is Cidr => block !== undefined);
  return EVERY_ADDRESS.some((all) => all.every((part) => isCovered(part, blocks)));
}

/** Clients alone could use up all descriptors, leaving none for backends. */
function manyConnections({ maxConnections }: ServerSettings, openFiles: number): readonly Warning[] {
  const max = autoConnections(openFiles);
  if (max === 0 || (maxConnections > 0 && maxConnections <= max)) return [];
  const message = `more than the ${openFiles} open files of this process allow: with more than ${max} clients, none may be left for backends`;
  return [{ key: 'server.max_connections', message }];
}

function unheardHeader({ header }: Settings['geo'], { trustProxy }: ServerSettings): readonly Warning[] {
  if (header === null || trustProxy.length > 0) return [];
  return [{ key: 'geo.header', message: 'never honoured: server.trust_proxy names no proxy that may state it' }];
}

function uselessPreference({ name, locality: { prefer } }: PoolSettings, place: Locality): readonly Warning[] {
  if (prefer === 'off' || place[prefer] !== null) return [];
  const message = `the ${prefer} of this gateway is unknown, so no backend is preferred for being in it; set server.locality.${prefer} or SLUICE_${prefer.toUpperCase()}`;
  return [{ key: `pools.${name}.locality.prefer`, message }];
}

/** No reason to refuse a start: other backends may not need it. */
function expiredCertificates({ name, tls }: PoolSettings, nowMs: number): readonly Warning[] {
  const files = [
    ['ca_file', tls.caPem],
    ['cert_file', tls.certPem],
  ] as const;
  return files.flatMap(([file, pem]) => (pem === null ? [] : expired(`pools.${name}.tls.${file}`, pem, nowMs)));
}

/** HTTP/2 has no upgrades: one gets 501. */
function lostUpgrades(
  { pool, upgradeIdleTimeoutMs }: RouteSettings,
  key: string,
  pools: readonly PoolSettings[],
): readonly Warning[] {
  const protocol = pools.find(({ name }) => name === pool)?.protocol ?? 'http1';
  if (protocol === 'http1' || upgradeIdleTimeoutMs === DEFAULT_UPGRADE_IDLE_MS) return [];
  const message = `no effect: upgrades are refused, because pool ${pool} has protocol: ${protocol}`;
  return [{ key: `${key}.upgrade_idle_timeout`, message }];
}

/** A method of its own, as any token is (RFC 9110, 9.1), but hardly one that clients send. */
function otherCase(key: string, methods: readonly string[]): readonly Warning[] {
  return methods
    .filter((method) => METHODS.includes(method.toUpperCase()) && !METHODS.includes(method))
    .map((method) => ({ key, message: `"${method}" is not ${method.toUpperCase()}: methods are case-sensitive` }));
}
