/**
 * One attempt to get a request answered by one backend: the handler that undici calls, in the form that undici 7 has
 * deprecated. It reports to the forwarding and makes no decisions.
 */
import type { Dispatcher as Undici } from 'undici';
import type { Choice, PoolBackend } from '../balancing/pool.ts';
import { isBodiless } from './answer.ts';
import type { Tried } from './tries.ts';

/** The listener of an attempt: perhaps a head, then exactly one of completed and failed, unless it is discarded. */
export interface AttemptListener {
  /** 103 Early Hints, before the head; perhaps several times. */
  onHints(attempt: Attempt, fields: readonly Buffer[]): void;
  /** A response head (≥ 200). False: the answer is not wanted; its body is read and dropped. */
  onHead(attempt: Attempt, status: number, reason: string, fields: readonly Buffer[]): boolean;
  /** False: pause until resume(). */
  onChunk(attempt: Attempt, chunk: Buffer): boolean;
  onCompleted(attempt: Attempt, trailers: readonly Buffer[]): void;
  onFailed(attempt: Attempt, error: Error): void;
}

/** Called once for every attempt, however it ends: undici is done with it, so its connection is free, or gone. */
export interface ConnectionCount {
  returnConnection(backend: PoolBackend): void;
}

/** An unwanted answer is read to its end so that its connection can be reused, but no further than this. */
const MAX_DROPPED_BYTES = 65_536;

export class Attempt implements Undici.DispatchHandler, Tried {
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
  /** 0 until the head has come. */
  status = 0;
  readonly #listener: AttemptListener;
  readonly #connections: ConnectionCount;
  #abort: ((error?: Error) => void) | null = null;
  #discardedFor: Error | null = null;
  #resume: (() => void) | null = null;
  #isUnwanted = false;
  #droppedBytes = 0;

  /** @param choice with a connection. */
  constructor(listener: AttemptListener, connections: ConnectionCount, choice: Choice, startMs: number) {
    this.#listener = listener;
    this.#connections = connections;
    this.backend = choice.backend;
    this.pass = choice.pass;
    this.hasSlot = choice.hasSlot;
    this.startMs = startMs;
  }

  send(connections: Undici, request: Undici.DispatchOptions): void {
    try {
      connections.dispatch(request, this);
    } catch (error) {
      // undici refuses a head that is not valid HTTP before anything is sent.
      this.onError(error as Error);
    }
  }

  /** Ends the attempt at once, whatever its state; its listener is not called any more. */
  discard(reason: Error): void {
    this.#isUnwanted = true;
    this.#discardedFor = reason;
    this.#abort?.(reason);
  }

  resume(): void {
    this.#resume?.();
  }

  // ---- called by undici

  onConnect(abort: (error?: Error) => void): void {
    // Discarded while it waited for a connection: nothing is written. Thrown instead of aborted, because abort() would
    // close the connection, which is clean.
    if (this.#discardedFor !== null) throw this.#discardedFor;
    this.isSent = true;
    this.#abort = abort;
  }

  onHeaders(status: number, fields: Buffer[], resume: () => void, reason: string): boolean {
    if (this.#isUnwanted) return true;
    if (status < 200) {
      if (status === 103) this.#listener.onHints(this, fields);
      return true;
    }
    this.status = status;
    this.#resume = resume;
    this.#isUnwanted = !this.#listener.onHead(this, status, reason, fields) || this.#isUnwanted;
    // The list waited in undici's parser for this answer, perhaps long enough to be promoted to the old generation: its
    // contents would then survive until the next full collection (with 1,000 backends, 4 MB at each minor one).
    fields.length = 0;
    // Already complete. undici waits for as many bytes as Content-Length says, which a 304 may contain.
    if (!this.#isUnwanted && isBodiless(status)) {
      this.#isUnwanted = true;
      this.#listener.onCompleted(this, []);
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (!this.#isUnwanted) return this.#listener.onChunk(this, chunk);
    this.#droppedBytes += chunk.length;
    if (this.#droppedBytes > MAX_DROPPED_BYTES) this.#abort?.();
    return true;
  }

  onComplete(trailers: string[] | null): void {
    this.#connections.returnConnection(this.backend);
    if (this.#isUnwanted) return;
    this.#listener.onCompleted(this, (trailers ?? []) as unknown as Buffer[]);
  }

  onError(error: Error): void {
    this.#connections.returnConnection(this.backend);
    if (this.#isUnwanted) return;
    this.#listener.onFailed(this, error);
  }
}
