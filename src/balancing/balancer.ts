/**
 * Picks backends for requests: a first one at once, or when the request's turn in the pool's queue has come; further
 * ones at once or not at all. The pool's strategy chooses, and the breaker has the last word. One per traffic thread.
 */
import type { Breaker } from '../breaker/breaker.ts';
import { GatewayError } from '../errors.ts';
import type { SharedClock } from '../runtime/shared-clock.ts';
import type { Choice, Pool, PoolBackend } from './pool.ts';
import type { Waiter } from './wait-queue.ts';

/** When a place may be free again, nobody knows: soon. */
const RETRY_AFTER_MS = 1000;

/** What picking goes by: an exchange whose route is known. */
export interface RoutedRequest {
  readonly route: { readonly target: Pool } | null;
  readonly startMs: number;
  readonly keyHash: number;
  /** What its sticky cookie binds it to. */
  readonly session: { readonly backend: PoolBackend } | null;
  readonly tried: readonly PoolBackend[];
}

/** Told once, unless it leaves the queue first. */
export interface PickListener {
  /** It is sent on one of the pool's connections; false: on one of its own. */
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

  /** Its first backend. Null: the listener was told already; else the request waits, and may leave(). */
  pick(request: RoutedRequest, listener: PickListener): Waiting | null {
    const pool = request.route!.target;
    const { queue, settings } = pool;
    // Whoever waits comes first, be there a place or not.
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

  /** A backend for a further try, wherever its session is bound. Null: there is none now. */
  pickAgain(
    { route, keyHash }: RoutedRequest,
    avoided: readonly PoolBackend[],
    usesConnection: boolean,
    nowMs: number,
  ): Choice | null {
    return route!.target.pick(keyHash, nowMs, avoided, null, usesConnection, this.#breaker);
  }

  /** It was picked, but will not be tried. */
  discard({ route }: RoutedRequest, choice: Choice): void {
    const pool = route!.target;
    this.#breaker.settle(choice, pool, 'none');
    pool.release(choice);
  }
}

/** Others wait for what this one wants. Connections are this thread's own; places are all threads'. */
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
    this.#pool = request.route!.target;
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
  return new GatewayError('GW_NO_BACKEND', { retryAfterMs: pool.retryAfterMs(nowMs) });
}
