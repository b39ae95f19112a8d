/** The connections of one traffic thread to the backends: an undici Pool for each. */
import type { Socket } from 'node:net';
import { buildConnector, Pool as ConnectionPool } from 'undici';
import type { PoolBackend } from '../state/pool.ts';
import type { PoolSettings } from '../config/settings.ts';
import { READ_INTO_BUFFERS } from './read-buffers.ts';
import { carryTrailers } from './request-trailers.ts';
import { failWhenCut } from './truncation.ts';
import { attendTo } from './upstream-socket.ts';
import { dropStrayContinues } from './stray-continue.ts';

export class Upstreams {
  /** By connection key. */
  readonly #pools = new Map<string, ConnectionPool>();
  readonly #closing = new Set<ConnectionPool>();

  /** The connections to this backend, made when first asked for. */
  to(backend: PoolBackend, settings: PoolSettings): ConnectionPool {
    const known = this.#pools.get(backend.connectionKey);
    if (known !== undefined) return known;
    const pool = new ConnectionPool(backend.url.origin, {
      connections: settings.maxConnections,
      pipelining: 1,
      keepAliveTimeout: settings.keepAliveMs,
      headersTimeout: settings.timeouts.responseMs,
      // Ours, see Forwarding: an event stream may be idle for as long as it likes.
      bodyTimeout: 0,
      connect: connector(backend, settings),
    });
    this.#pools.set(backend.connectionKey, pool);
    return pool;
  }

  /** Lets running requests end, then closes the connections that nothing is configured for any more. */
  retain(connectionKeys: ReadonlySet<string>): void {
    for (const [key, pool] of this.#pools) {
      if (connectionKeys.has(key)) continue;
      this.#pools.delete(key);
      this.#closing.add(pool);
      void pool.close().finally(() => this.#closing.delete(pool));
    }
  }

  /** Cuts what is still running. */
  async destroy(): Promise<void> {
    const pools = [...this.#pools.values(), ...this.#closing];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
}

function connector({ serverName }: PoolBackend, settings: PoolSettings): buildConnector.connector {
  // undici hands all of it on to net.connect or tls.connect; its types do not know of `onread`.
  const connecting: buildConnector.BuildOptions & { readonly onread: typeof READ_INTO_BUFFERS } = {
    timeout: settings.timeouts.connectMs,
    rejectUnauthorized: !settings.insecureSkipTlsVerify,
    onread: READ_INTO_BUFFERS,
  };
  const connect = buildConnector(connecting);
  return (options, callback) => {
    // With an empty name, undici sends none: then the certificate is checked against the address.
    connect({ ...options, servername: serverName ?? '' }, (...result) => {
      const socket = result[1] as Socket | null | undefined;
      if (socket) {
        failWhenCut(socket);
        attendTo(socket);
        carryTrailers(socket);
      }
      // undici makes it its own in here.
      callback(...result);
      if (socket) dropStrayContinues(socket);
    });
  };
}
