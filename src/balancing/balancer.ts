/**
 * Picks backends for requests. The first pick is made at once, or when the request's turn in the pool's queue comes;
 * retries are picked at once or not at all. The pool's strategy chooses, and the breaker has the final say. One per
 * traffic thread.
 */
import type { Breaker } from '../breaker/breaker.ts';
import { GatewayError } from '../errors.ts';
import type { SharedClock } from '../runtime/shared-clock.ts';
import type { Choice, Pool, PoolBackend } from './pool.ts';
import type { Waiter } from './wait-queue.ts';

/** When a slot will be free is unknown, so suggest retrying soon. */
const RETRY_AFTER_MS = 1000;

/** The part of an exchange that picking uses; its pool is known. */
export interface RoutedRequest {
  readonly pool: Pool | null;
  readonly startMs: number;
  readonly keyHash: number;
  /** The backend its sticky cookie binds it to. */
  readonly session: { readonly backend: PoolBackend } | null;
  readonly tried: readonly PoolBackend[];
}

/** Called once, unless the request leaves the queue first. */
export interface PickListener {
  /** True: it uses one of the pool's connections; false: a connection of its own. */
  readonly usesConnection: boolean;
  onPicked(choice: Choice): void;
  onRefused(error: GatewayError): void;
}

export class Balancer {
  readonly #clock: Pick<SharedClock, 'nowMs'>;
  readonly #breaker: Breaker;

  constructor(clock: Pick<SharedClock, 'nowMs'>, breaker: Breaker) {
    this.#clock = clock;
    this.#breaker = breaker;
  }

  /** Its first backend. Null: either the listener was already called, or the request waits and may leave(). */
  pick(request: RoutedRequest, listener: PickListener): Waiting | null {
    const pool = request.pool!;
    const { queue, settings } = pool;
    // Waiting requests come first, even if a slot is free.
    if (!isBehind(pool, listener)) {
      const choice = pickFor(request, pool, listener, request.startMs, this.#breaker);
      if (choice !== null) {
        listener.onPicked(choice);
        return null;
      }
      if (!pool.isFull) {
        listener.onRefused(noBackend(pool, request.startMs));
        return null;
      }
    }
    const isForConnection = pool.isFull ? pool.hasNoConnection : !pool.isLimited;
    const isRefused = isForConnection ? settings.connectionWaitMs === 0 : queue.length >= settings.queue.size;
    if (isRefused) {
      listener.onRefused(full(pool, isForConnection ? 'GW_CONNECTIONS_FULL' : 'GW_POOL_FULL'));
      return null;
    }
    const waiting = new Waiting(request, this.#clock.nowMs(), listener, isForConnection, this.#breaker);
    queue.add(waiting);
    return waiting;
  }

  /** A backend for a retry, regardless of sticky sessions. Null: none is available now. */
  pickAgain(
    pool: Pool,
    keyHash: number,
    avoided: readonly PoolBackend[],
    usesConnection: boolean,
    nowMs: number,
  ): Choice | null {
    return pool.pick(keyHash, nowMs, avoided, null, usesConnection, this.#breaker);
  }

  /** It was picked, but will not be tried. */
  discard(pool: Pool, choice: Choice): void {
    this.#breaker.settle(choice, pool, 'none');
    pool.release(choice);
  }
}

/** Others are waiting for the same resource. Connections belong to this thread; slots are shared by all threads. */
function isBehind({ queue, isLimited }: Pool, { usesConnection }: PickListener): boolean {
  return isLimited ? queue.isWaitedFor : usesConnection && queue.length > 0;
}

export class Waiting implements Waiter {
  readonly sinceMs: number;
  readonly deadlineMs: number;
  /** It waits for a connection of this thread. */
  readonly isLocal: boolean;
  readonly #pool: Pool;
  readonly #request: RoutedRequest;
  readonly #listener: PickListener;
  readonly #breaker: Breaker;

  constructor(
    request: RoutedRequest,
    nowMs: number,
    listener: PickListener,
    isForConnection: boolean,
    breaker: Breaker,
  ) {
    this.#pool = request.pool!;
    this.#request = request;
    this.#listener = listener;
    this.#breaker = breaker;
    this.isLocal = isForConnection;
    const { connectionWaitMs, queue } = this.#pool.settings;
    this.sinceMs = nowMs;
    this.deadlineMs = nowMs + (isForConnection ? connectionWaitMs : queue.timeoutMs);
  }

  offer(nowMs: number): boolean {
    const choice = pickFor(this.#request, this.#pool, this.#listener, nowMs, this.#breaker);
    if (choice !== null) this.#listener.onPicked(choice);
    else if (this.#pool.isFull) return false;
    else this.#listener.onRefused(noBackend(this.#pool, nowMs));
    return true;
  }

  expire(): void {
    this.#listener.onRefused(full(this.#pool, this.isLocal ? 'GW_CONNECTIONS_FULL' : 'GW_QUEUE_TIMEOUT'));
  }

  leave(): void {
    this.#pool.queue.remove(this);
  }
}

function pickFor(
  { keyHash, tried, session }: RoutedRequest,
  pool: Pool,
  { usesConnection }: PickListener,
  nowMs: number,
  breaker: Breaker,
): Choice | null {
  return pool.pick(keyHash, nowMs, tried, session === null ? null : session.backend, usesConnection, breaker);
}

function full(pool: Pool, code: 'GW_POOL_FULL' | 'GW_QUEUE_TIMEOUT' | 'GW_CONNECTIONS_FULL'): GatewayError {
  pool.queue.countRefused();
  return new GatewayError(code, { retryAfterMs: RETRY_AFTER_MS });
}

function noBackend(pool: Pool, nowMs: number): GatewayError {
  if (pool.backends.length === 0) return new GatewayError('GW_NO_BACKEND', { message: 'The pool has no members' });
  return new GatewayError('GW_NO_BACKEND', { retryAfterMs: pool.retryAfterMs(nowMs) });
}
