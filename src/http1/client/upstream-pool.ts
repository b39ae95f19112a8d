/**
 * The connections of one thread to one address of a backend. It opens as many as there are concurrent requests; their
 * maximum is enforced before they get here (max_connections, src/balancing).
 */
import type { Socket } from 'node:net';
import type { UpstreamConnections, UpstreamListener, UpstreamRequest } from '../../http/upstream-side.ts';
import { type ConnectionOwner, type ConnectionSettings, UpstreamConnection } from './upstream-connection.ts';
import { UpstreamError } from '../../http/upstream-error.ts';

export interface UpstreamPoolPorts {
  /**
   * Calls back once, later, with a connected socket that was given its connection's `onread`.
   *
   * @returns stops it: it does not call back any more.
   */
  readonly connect: (newConnection: () => UpstreamConnection, callback: ConnectCallback) => () => void;
  readonly nowMs: () => number;
}

export type ConnectCallback = (result: Error | { connection: UpstreamConnection; socket: Socket }) => void;

export interface UpstreamPoolSettings extends ConnectionSettings {
  /** An idle connection is closed after this time. */
  readonly idleMs: number;
}

/**
 * A backend that closes after 5 s may do so just when a request is sent: it is not reused from this much earlier on.
 */
const HINT_MARGIN_MS = 1000;

interface Waiting {
  readonly request: UpstreamRequest;
  readonly listener: UpstreamListener;
}

export class UpstreamPool implements UpstreamConnections, ConnectionOwner {
  readonly #settings: UpstreamPoolSettings;
  readonly #ports: UpstreamPoolPorts;
  /** The most recently used one is used first, so that the others may expire. */
  readonly #idle: UpstreamConnection[] = [];
  readonly #open = new Set<UpstreamConnection>();
  readonly #waiting: Waiting[] = [];
  /** Stops each of them. */
  readonly #dials = new Set<() => void>();
  #sweep: NodeJS.Timeout | null = null;
  #isClosing = false;

  constructor(settings: UpstreamPoolSettings, ports: UpstreamPoolPorts) {
    this.#settings = settings;
    this.#ports = ports;
  }

  get size(): number {
    return this.#open.size + this.#dials.size;
  }

  /** On an idle connection, else on the first that is opened or becomes idle. */
  send(request: UpstreamRequest, listener: UpstreamListener): void {
    const idle = this.#takeIdle();
    if (idle !== null) {
      idle.send(request, listener);
      return;
    }
    this.#waiting.push({ request, listener });
    if (this.#dials.size < this.#waiting.length) this.#dial();
  }

  cancel(listener: UpstreamListener): void {
    const at = this.#waiting.findIndex((waiting) => waiting.listener === listener);
    if (at !== -1) this.#waiting.splice(at, 1);
  }

  close(): void {
    this.#isClosing = true;
    const closed = new UpstreamError('UPSTREAM_CUT', 'The pool was closed');
    for (const connection of this.#idle.splice(0)) connection.destroy(closed);
  }

  destroy(): void {
    this.close();
    for (const stop of this.#dials) stop();
    this.#dials.clear();
    const error = new UpstreamError('UPSTREAM_DESTROYED', 'The gateway is stopping');
    for (const { listener } of this.#waiting.splice(0)) listener.onError(error, false);
    for (const connection of this.#open) connection.destroy(error);
    if (this.#sweep !== null) clearTimeout(this.#sweep);
    this.#sweep = null;
  }

  // ---- ConnectionOwner

  onIdle(connection: UpstreamConnection, keepAliveSeconds: number): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      connection.send(next.request, next.listener);
      return;
    }
    const { idleMs } = this.#settings;
    const limitMs = keepAliveSeconds === -1 ? idleMs : Math.min(idleMs, keepAliveSeconds * 1000 - HINT_MARGIN_MS);
    if (this.#isClosing || limitMs <= 0) {
      connection.destroy(new UpstreamError('UPSTREAM_CUT', 'The connection is not kept'));
      return;
    }
    connection.idleSinceMs = this.#ports.nowMs();
    connection.idleLimitMs = limitMs;
    this.#idle.push(connection);
    this.#sweep ??= setTimeout(sweep, limitMs, this).unref();
  }

  onClosed(connection: UpstreamConnection): void {
    this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  // ---- connections

  #takeIdle(): UpstreamConnection | null {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (this.#ports.nowMs() - connection.idleSinceMs < connection.idleLimitMs) return connection;
      connection.destroy(expired());
    }
    return null;
  }

  #dial(): void {
    const newConnection = (): UpstreamConnection => new UpstreamConnection(this.#settings, this);
    const stop = this.#ports.connect(newConnection, (result) => {
      this.#dials.delete(stop);
      if (!(result instanceof Error)) {
        this.#open.add(result.connection);
        result.connection.open(result.socket);
        this.onIdle(result.connection, -1);
      } else if (this.#waiting.length > this.#dials.size) {
        // Others may still be connecting for waiting requests.
        this.#waiting.shift()!.listener.onError(result, false);
      }
    });
    this.#dials.add(stop);
  }

  /** Connections that have been unused for long enough; the oldest are first, but each has its own limit. */
  sweep(): void {
    this.#sweep = null;
    const nowMs = this.#ports.nowMs();
    let nextMs = Infinity;
    for (const connection of this.#idle.slice()) {
      const leftMs = connection.idleSinceMs + connection.idleLimitMs - nowMs;
      if (leftMs <= 0) connection.destroy(expired());
      else nextMs = Math.min(nextMs, leftMs);
    }
    if (nextMs !== Infinity) this.#sweep = setTimeout(sweep, Math.max(1, nextMs), this).unref();
  }
}

function sweep(pool: UpstreamPool): void {
  pool.sweep();
}

function expired(): UpstreamError {
  return new UpstreamError('UPSTREAM_CUT', 'The connection was idle for too long');
}
