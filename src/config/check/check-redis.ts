import { parseRedisUrl, type RedisUrl } from '../../net/redis-url.ts';
import type { PemFiles } from '../../certificates/pem-files.ts';
import { finding, type Finding, type Warning } from '../file/problem.ts';
import type { Show } from '../file/references.ts';
import type { ConfigFile, RedisFile } from '../schema/schema.ts';
import { checkTlsFiles, unreadTlsFiles } from './check-tls.ts';
import type { Draft } from './draft.ts';

export const REDIS_SERVERS = ['url', 'nodes', 'sentinel'] as const;

/**
 * One way to find the server, and nothing that this way does not use.
 * @param given keys of `redis` as written, also those with mistakes; undefined: the section is missing or no mapping.
 */
export function checkRedis(
  { redis }: Draft<ConfigFile>,
  given: readonly string[] | undefined,
  files: PemFiles,
  show: Show,
): readonly Finding[] {
  if (redis === undefined || given === undefined) return [];
  return [
    ...checkServers(given),
    ...checkUrl(redis),
    ...checkUser(redis, given),
    ...(redis.db !== undefined && redis.db > 0 && !given.includes('sentinel')
      ? [finding(['redis', 'db'], 'only with sentinel: a URL ends with its database, and a Cluster has only 0')]
      : []),
    ...(redis.tls === undefined ? [] : checkTlsFiles(redis.tls, ['redis', 'tls'], files, show)),
  ];
}

/** Files that were not opened: see unreadFiles. */
export function unreadRedis({ redis }: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Warning[] {
  return redis?.tls === undefined ? [] : unreadTlsFiles(redis.tls, ['redis', 'tls'], files, show);
}

function checkServers(given: readonly string[]): readonly Finding[] {
  const [first, second] = REDIS_SERVERS.filter((key) => given.includes(key));
  if (first === undefined) return [finding(['redis'], 'names no server: url, nodes or sentinel is missing')];
  if (second === undefined) return [];
  const others = [['redis', first]];
  return [finding(['redis', second], `only one of url, nodes and sentinel; ${first} is set, too`, { others })];
}

function checkUrl(redis: Draft<RedisFile>): readonly Finding[] {
  const url = urlOf(redis);
  if (url === undefined) return [];
  const at = ['redis', 'url'];
  const findings: Finding[] = [];
  if (redis.tls !== undefined && !url.isTls)
    findings.push(finding(['redis', 'tls'], 'no effect: redis.url is not rediss://', { others: [at] }));
  for (const key of ['username', 'password'] as const) {
    if (redis[key] !== undefined && url[key] !== null)
      findings.push(finding(['redis', key], `redis.url has a ${key}, too`, { others: [at] }));
  }
  return findings;
}

/** A user without password is one that the server logs in by itself. */
function checkUser({ username }: Draft<RedisFile>, given: readonly string[]): readonly Finding[] {
  if (username === undefined || given.includes('password')) return [];
  return [finding(['redis', 'password'], 'missing; username needs it', { others: [['redis', 'username']] })];
}

function urlOf({ url }: Draft<RedisFile>): RedisUrl | undefined {
  const parsed = url === undefined || url === '' ? undefined : parseRedisUrl(url);
  return parsed === undefined || 'problem' in parsed ? undefined : parsed;
}
