/**
 * One try to get a request answered by one backend: what its connection reports to. It tells the forwarding what
 * happened, and decides nothing.
 */
import type { Choice, PoolBackend } from '../balancing/pool.ts';
import type { UpstreamConnections, UpstreamControl, UpstreamListener, UpstreamRequest } from '../http/upstream-side.ts';
import { UpstreamError } from '../http/upstream-error.ts';
import type { Tried } from './tries.ts';

/** The listener of an attempt: perhaps a head, then exactly one of completed and failed, unless it is discarded. */
export interface AttemptListener {
  /** 103 Early Hints, before the head; perhaps several times. */
  onHints(attempt: Attempt, fields: string[]): void;
  /** A response head (≥ 200). False: the answer is not wanted; its body is read and dropped. */
  onHead(attempt: Attempt, status: number, reason: string, fields: string[]): boolean;
  /** False: pause until resume(). */
  onChunk(attempt: Attempt, chunk: Buffer): boolean;
  onCompleted(attempt: Attempt, trailers: readonly string[]): void;
  onFailed(attempt: Attempt, error: Error, isReused: boolean): void;
}

/** Called once for every attempt, whatever its outcome: its connection is free, or gone. */
export interface ConnectionCount {
  returnConnection(backend: PoolBackend): void;
}

/** An unwanted answer is read to its end so that its connection can be reused, but no further than this. */
const MAX_DROPPED_BYTES = 65_536;
/** And no longer than this. */
const MAX_DROPPING_MS = 1000;

export class Attempt implements UpstreamListener, Tried {
  readonly backend: PoolBackend;
  /** The circuit's pass that this attempt holds. */
  readonly pass: number;
  readonly hasSlot: boolean;
  /** It returns its connection itself: the connection may be busy with the rest of an unwanted answer. */
  readonly hasConnection = false;
  /** When it was handed to the connection pool; ms of the shared clock. */
  readonly startMs: number;
  /** A connection was available and the request was written to it: the backend may have seen it. */
  isSent = false;
  /** 0 until the head has arrived. */
  status = 0;
  readonly #listener: AttemptListener;
  readonly #count: ConnectionCount;
  #connections: UpstreamConnections | null = null;
  #control: UpstreamControl | null = null;
  #isUnwanted = false;
  #isStreaming = false;
  #isOver = false;
  #droppedBytes = 0;
  #dropping: NodeJS.Timeout | null = null;

  /** @param choice with a connection. */
  constructor(listener: AttemptListener, count: ConnectionCount, choice: Choice, startMs: number) {
    this.#listener = listener;
    this.#count = count;
    this.backend = choice.backend;
    this.pass = choice.pass;
    this.hasSlot = choice.hasSlot;
    this.startMs = startMs;
  }

  send(connections: UpstreamConnections, request: UpstreamRequest): void {
    this.#connections = connections;
    this.#isStreaming = request.body !== null && !Buffer.isBuffer(request.body);
    connections.send(request, this);
  }

  /** Ends the attempt at once, whatever its state; its listener is not called any more. */
  discard(): void {
    this.#isUnwanted = true;
    if (this.#isOver) return;
    if (this.#control === null) this.#connections?.cancel(this);
    else this.#control.abort();
    this.#end();
  }

  resume(): void {
    if (!this.#isOver) this.#control?.resume();
  }

  // ---- called by the connection

  onSent(control: UpstreamControl): void {
    this.isSent = true;
    this.#control = control;
  }

  onInterim(status: number, fields: string[]): void {
    if (status === 103 && !this.#isUnwanted) this.#listener.onHints(this, fields);
  }

  onHead(status: number, reason: string, fields: string[]): void {
    if (this.#isUnwanted) return;
    this.status = status;
    this.#isUnwanted = !this.#listener.onHead(this, status, reason, fields) || this.#isUnwanted;
    if (this.#isUnwanted && !this.#isOver) {
      // The next attempt needs the body, which must not go on to this one.
      if (this.#isStreaming) this.discard();
      else this.#dropping = setTimeout(() => this.discard(), MAX_DROPPING_MS).unref();
    }
  }

  onBody(chunk: Buffer): boolean {
    if (!this.#isUnwanted) return this.#listener.onChunk(this, chunk);
    this.#droppedBytes += chunk.length;
    if (this.#droppedBytes > MAX_DROPPED_BYTES) this.discard();
    return true;
  }

  onEnd(trailers: readonly string[]): void {
    this.#end();
    if (!this.#isUnwanted) this.#listener.onCompleted(this, trailers);
  }

  onError(error: Error, isReused: boolean): void {
    this.#end();
    // The backend says so: as good as never sent.
    if (error instanceof UpstreamError && error.code === 'UPSTREAM_UNPROCESSED') this.isSent = false;
    if (!this.#isUnwanted) this.#listener.onFailed(this, error, isReused);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#dropping !== null) clearTimeout(this.#dropping);
    this.#count.returnConnection(this.backend);
  }
}
