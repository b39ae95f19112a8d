/** The connections of one traffic thread to the backends: an undici Pool for each of their addresses. */
import type { Socket } from 'node:net';
import { buildConnector, Pool as ConnectionPool } from 'undici';
import type { PoolBackend } from '../balancing/pool.ts';
import type { PoolSettings } from '../config/settings.ts';
import { type BackendTls, backendTls } from '../backends/backend-tls.ts';
import { dial } from '../addresses/dial.ts';
import { READ_INTO_BUFFERS } from './undici/read-buffers.ts';
import { carryTrailers } from './undici/request-trailers.ts';
import { failWhenCut } from './truncation.ts';
import { watchSocket } from './undici/upstream-socket.ts';
import { dropStrayContinues } from './undici/stray-continue.ts';

export class Upstreams {
  /** By connection key. */
  readonly #backends = new Map<string, BackendConnections>();
  readonly #closing = new Set<ConnectionPool>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Connections to the next address of this backend, created on first use. */
  to(backend: PoolBackend, settings: PoolSettings): ConnectionPool {
    let connections = this.#backends.get(backend.connectionKey);
    if (connections === undefined) {
      connections = new BackendConnections(backend, settings, { nowMs: this.#nowMs, close: this.#close });
      this.#backends.set(backend.connectionKey, connections);
    }
    return connections.next(backend);
  }

  /** Lets running requests end, then closes the connections to removed backends and addresses. */
  retain(backends: readonly PoolBackend[]): void {
    const wanted = new Map(backends.map((backend) => [backend.connectionKey, backend.addresses.all]));
    for (const [key, connections] of this.#backends) {
      const addresses = wanted.get(key);
      connections.retain(addresses ?? []);
      if (addresses === undefined) this.#backends.delete(key);
    }
  }

  /** Cuts what is still running. */
  async destroy(): Promise<void> {
    const pools = [...[...this.#backends.values()].flatMap(({ pools }) => [...pools]), ...this.#closing];
    this.#backends.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  readonly #close = (pool: ConnectionPool): void => {
    this.#closing.add(pool);
    void pool.close().finally(() => this.#closing.delete(pool));
  };
}

interface BackendConnectionsPorts {
  readonly nowMs: () => number;
  readonly close: (pool: ConnectionPool) => void;
}

/** Used while there is no address. */
const NOWHERE = '';

class BackendConnections {
  readonly #origin: string;
  readonly #settings: PoolSettings;
  readonly #ports: BackendConnectionsPorts;
  readonly #connect: buildConnector.connector;
  readonly #tls: BackendTls;
  /** By address. */
  readonly #pools = new Map<string, ConnectionPool>();
  /** Another pool object with the same key may be a different one. */
  #backend: PoolBackend;

  constructor(backend: PoolBackend, settings: PoolSettings, ports: BackendConnectionsPorts) {
    this.#backend = backend;
    this.#origin = backend.url.origin;
    this.#settings = settings;
    this.#ports = ports;
    this.#tls = backendTls(backend.url, settings);
    // undici passes all of it on to net.connect or tls.connect; its types do not include `onread`.
    const connecting: buildConnector.BuildOptions & { readonly onread: typeof READ_INTO_BUFFERS } = {
      // None: dial() has one for all addresses together.
      timeout: 0,
      ...this.#tls,
      onread: READ_INTO_BUFFERS,
    };
    this.#connect = buildConnector(connecting);
  }

  get pools(): Iterable<ConnectionPool> {
    return this.#pools.values();
  }

  next(backend: PoolBackend): ConnectionPool {
    this.#backend = backend;
    const address = backend.addresses.next(this.#ports.nowMs()) ?? NOWHERE;
    const known = this.#pools.get(address);
    if (known !== undefined) return known;
    const { maxConnections, maxResponseHeadBytes, keepAliveMs, timeouts } = this.#settings;
    const pool = new ConnectionPool(this.#origin, {
      connections: maxConnections,
      pipelining: 1,
      maxHeaderSize: maxResponseHeadBytes,
      keepAliveTimeout: keepAliveMs,
      headersTimeout: timeouts.responseMs,
      // Ours, see Forwarding: an event stream may be idle for as long as it likes.
      bodyTimeout: 0,
      connect: (options, callback) => this.#dial(address, pool, options, callback),
    });
    this.#pools.set(address, pool);
    return pool;
  }

  retain(addresses: readonly string[]): void {
    for (const [address, pool] of this.#pools) if (!addresses.includes(address)) this.#retire(address, pool);
  }

  #retire(address: string, pool: ConnectionPool): void {
    if (this.#pools.get(address) !== pool) return;
    this.#pools.delete(address);
    this.#ports.close(pool);
  }

  #dial(
    address: string,
    pool: ConnectionPool,
    options: buildConnector.Options,
    callback: buildConnector.Callback,
  ): void {
    if (address === NOWHERE) {
      const message = `${this.#backend.url.hostname} was never found`;
      queueMicrotask(() => callback(Object.assign(new Error(message), { code: 'ENOTFOUND' }), null));
      return;
    }
    dial(address, {
      turns: this.#backend.addresses,
      connect: (to, done) =>
        // With an empty name, undici sends none: then the certificate is checked against the address.
        this.#connect(
          { ...options, hostname: to, servername: this.#tls.servername },
          done as buildConnector.Callback,
        ) as unknown as Socket,
      timeoutMs: this.#settings.timeouts.connectMs,
      nowMs: this.#ports.nowMs,
      onConnected: (socket, to) => {
        // Replaces this address: it serves waiting requests, and ends, so that the next request tries the original one
        // again.
        if (to !== address) this.#retire(address, pool);
        failWhenCut(socket);
        watchSocket(socket);
        carryTrailers(socket);
        // undici takes it over in here.
        callback(null, socket);
        dropStrayContinues(socket);
      },
      onFailed: (error) => callback(error, null),
    });
  }
}
