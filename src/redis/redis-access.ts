import type { ConnectionOptions } from 'node:tls';

import type { RedisSettings, RedisTlsSettings } from '../config/settings.ts';
import { parseRedisNode, parseRedisUrl, REDIS_PORT, SENTINEL_PORT } from '../net/redis-url.ts';

/** A server: `path` is that of a unix socket; if it is null, there are host and port. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly path: string | null;
}

/** How to get into a server. */
export interface RedisAccess {
  readonly username: string | null;
  readonly password: string | null;
  readonly db: number;
  /** Null: without TLS. */
  readonly tls: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername'> | null;
  /** Of TCP, TLS and authentication together. */
  readonly connectTimeoutMs: number;
  /** Shown by CLIENT LIST. */
  readonly name: string;
}

/** Where the servers are, and how to get in. */
export type RedisTarget =
  | { readonly kind: 'one'; readonly address: RedisAddress; readonly access: RedisAccess }
  | { readonly kind: 'cluster'; readonly seeds: readonly RedisAddress[]; readonly access: RedisAccess }
  | {
      readonly kind: 'sentinel';
      readonly master: string;
      readonly sentinels: readonly RedisAddress[];
      readonly sentinelAccess: RedisAccess;
      readonly access: RedisAccess;
    };

/** @param settings that were checked: throws RangeError if they name no server. */
export function targetOf(settings: RedisSettings, name: string): RedisTarget {
  const { url, nodes, sentinel, username, password, db, connectTimeoutMs } = settings;
  const tls = settings.tls && tlsOptions(settings.tls);
  const access = { username, password, db, tls, connectTimeoutMs, name };
  if (sentinel !== null) {
    const sentinelAccess = { ...access, username: sentinel.username, password: sentinel.password, db: 0 };
    const sentinels = sentinel.nodes.map((node) => addressOf(node, SENTINEL_PORT));
    return { kind: 'sentinel', master: sentinel.name, sentinels, sentinelAccess, access };
  }
  if (nodes !== null) {
    return { kind: 'cluster', seeds: nodes.map((node) => addressOf(node, REDIS_PORT)), access: { ...access, db: 0 } };
  }
  const server = parseRedisUrl(url ?? '');
  if ('problem' in server) throw new RangeError(`redis.url: ${server.problem}`);
  return {
    kind: 'one',
    address: { host: server.host ?? '', port: server.port, path: server.path },
    access: {
      ...access,
      username: server.username ?? username,
      password: server.password ?? password,
      db: server.db,
      tls: server.isTls ? (tls ?? {}) : null,
    },
  };
}

/** For log lines and as a key. */
export function addressText({ host, port, path }: RedisAddress): string {
  return path ?? (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
}

function addressOf(text: string, defaultPort: number): RedisAddress {
  const node = parseRedisNode(text, defaultPort);
  if (node === undefined) throw new RangeError(`redis: ${text} is not HOST:PORT`);
  return { ...node, path: null };
}

function tlsOptions({ caPem, certPem, keyPem, serverName }: RedisTlsSettings): NonNullable<RedisAccess['tls']> {
  return {
    ...(caPem !== null && { ca: caPem }),
    ...(certPem !== null && { cert: certPem }),
    ...(keyPem !== null && { key: keyPem }),
    ...(serverName !== null && { servername: serverName }),
  };
}
