/** The connections of one traffic thread to the backends: a pool for each of their addresses. */
import type { Socket } from 'node:net';
import { dial } from '../addresses/dial.ts';
import { type BackendTls, backendTls } from '../backends/backend-tls.ts';
import type { PoolBackend } from '../balancing/pool.ts';
import type { PoolSettings } from '../config/settings.ts';
import type { UpstreamConnection } from '../http1/client/upstream-connection.ts';
import { type ConnectCallback, UpstreamPool } from '../http1/client/upstream-pool.ts';
import { SessionPool } from '../http2/client/session-pool.ts';
import type { UpstreamConnections } from '../http/upstream-side.ts';
import { type BackendSocketOptions, connectToBackend } from './backend-socket.ts';
import { failWhenCut } from './truncation.ts';

export class Upstreams {
  /** By connection key. */
  readonly #backends = new Map<string, BackendConnections>();
  /** What is no address of a backend any more, but still has requests. */
  readonly #closing = new Set<UpstreamConnections>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Connections to the next address of this backend, created on first use. */
  to(backend: PoolBackend, settings: PoolSettings): UpstreamConnections {
    let connections = this.#backends.get(backend.connectionKey);
    if (connections === undefined) {
      connections = new BackendConnections(backend, settings, { nowMs: this.#nowMs, close: this.#close });
      this.#backends.set(backend.connectionKey, connections);
    }
    return connections.next(backend);
  }

  /** Lets running requests end, then closes the connections to removed backends and addresses. */
  retain(backends: readonly PoolBackend[]): void {
    for (const pool of this.#closing) if (pool.size === 0) this.#closing.delete(pool);
    const wanted = new Map(backends.map((backend) => [backend.connectionKey, backend.addresses.all]));
    for (const [key, connections] of this.#backends) {
      const addresses = wanted.get(key);
      connections.retain(addresses ?? []);
      if (addresses === undefined) this.#backends.delete(key);
    }
  }

  /** Cuts what is still running. */
  destroy(): void {
    for (const { pools } of this.#backends.values()) for (const pool of pools) pool.destroy();
    for (const pool of this.#closing) pool.destroy();
    this.#backends.clear();
    this.#closing.clear();
  }

  readonly #close = (pool: UpstreamConnections): void => {
    pool.close();
    for (const closed of this.#closing) if (closed.size === 0) this.#closing.delete(closed);
    if (pool.size > 0) this.#closing.add(pool);
  };
}

interface BackendConnectionsPorts {
  readonly nowMs: () => number;
  readonly close: (pool: UpstreamConnections) => void;
}

/** How a connection is made. */
interface Dialled {
  /** Called for each address that is tried. */
  readonly open: (connect: (options: BackendSocketOptions) => Socket) => Socket;
  readonly onConnected: (socket: Socket) => void;
  readonly onFailed: (error: Error) => void;
}

/** Used while there is no address. */
const NOWHERE = '';

class BackendConnections {
  readonly #settings: PoolSettings;
  readonly #ports: BackendConnectionsPorts;
  readonly #tls: BackendTls | null;
  /** By address. */
  readonly #pools = new Map<string, UpstreamConnections>();
  /** Another pool object with the same key may be a different one. */
  #backend: PoolBackend;
  /** Of TLS, the latest. */
  #session: Buffer | undefined;

  constructor(backend: PoolBackend, settings: PoolSettings, ports: BackendConnectionsPorts) {
    this.#backend = backend;
    this.#settings = settings;
    this.#ports = ports;
    this.#tls = backend.isTls ? backendTls(backend.url, settings) : null;
  }

  get pools(): Iterable<UpstreamConnections> {
    return this.#pools.values();
  }

  next(backend: PoolBackend): UpstreamConnections {
    this.#backend = backend;
    const address = backend.addresses.next(this.#ports.nowMs()) ?? NOWHERE;
    const known = this.#pools.get(address);
    if (known !== undefined) return known;
    const pool = this.#settings.protocol === 'http1' ? this.#http1(address) : this.#http2(address);
    this.#pools.set(address, pool);
    return pool;
  }

  retain(addresses: readonly string[]): void {
    for (const [address, pool] of this.#pools) if (!addresses.includes(address)) this.#retire(address, pool);
  }

  #retire(address: string, pool: UpstreamConnections): void {
    if (this.#pools.get(address) !== pool) return;
    this.#pools.delete(address);
    this.#ports.close(pool);
  }

  #http1(address: string): UpstreamPool {
    const { maxResponseHeadBytes, keepAliveMs, timeouts } = this.#settings;
    const pool: UpstreamPool = new UpstreamPool(
      { maxHeadBytes: maxResponseHeadBytes, headTimeoutMs: timeouts.responseMs, idleMs: keepAliveMs },
      {
        nowMs: this.#ports.nowMs,
        connect: (newConnection, callback) => this.#dialHttp1(address, pool, newConnection, callback),
      },
    );
    return pool;
  }

  #http2(address: string): SessionPool {
    const { maxResponseHeadBytes, keepAliveMs, timeouts, connectionWaitMs, http2 } = this.#settings;
    const pool: SessionPool = new SessionPool(
      {
        ...http2,
        maxHeadBytes: maxResponseHeadBytes,
        headTimeoutMs: timeouts.responseMs,
        connectMs: timeouts.connectMs,
        waitMs: connectionWaitMs,
        idleMs: keepAliveMs,
      },
      {
        nowMs: this.#ports.nowMs,
        connect: (callback) =>
          this.#dial(address, pool, {
            open: (connect) => connect({ protocol: 'h2' }),
            onConnected: callback,
            onFailed: callback,
          }),
      },
    );
    return pool;
  }

  #dialHttp1(
    address: string,
    pool: UpstreamConnections,
    newConnection: () => UpstreamConnection,
    callback: ConnectCallback,
  ): () => void {
    const connections = new Map<Socket, UpstreamConnection>();
    return this.#dial(address, pool, {
      open: (connect) => {
        const connection = newConnection();
        const socket = connect({ onread: connection.onread });
        connections.set(socket, connection);
        return socket;
      },
      onConnected: (socket) => {
        failWhenCut(socket);
        callback({ connection: connections.get(socket)!, socket });
      },
      onFailed: callback,
    });
  }

  #dial(address: string, pool: UpstreamConnections, { open, onConnected, onFailed }: Dialled): () => void {
    const { addresses, url } = this.#backend;
    if (address === NOWHERE) {
      const error = Object.assign(new Error(`${url.hostname} was never found`), { code: 'ENOTFOUND' });
      const immediate = setImmediate(onFailed, error);
      return () => clearImmediate(immediate);
    }
    return dial(address, {
      turns: addresses,
      connect: (to, done) =>
        open((options) => {
          const socket = connectToBackend(to, url, this.#tls, { ...options, session: this.#session }, done);
          if (this.#tls !== null) socket.on('session', this.#onSession);
          return socket;
        }),
      timeoutMs: this.#settings.timeouts.connectMs,
      nowMs: this.#ports.nowMs,
      onConnected: (socket, to) => {
        // Replaces this address: it serves waiting requests, and ends, so that the next request tries the original one
        // again.
        if (to !== address) this.#retire(address, pool);
        onConnected(socket);
      },
      onFailed,
    });
  }

  readonly #onSession = (session: Buffer): void => {
    this.#session = session;
  };
}
