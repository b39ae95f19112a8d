/** A request's first backend: at once, or when its turn in the pool's queue has come. */
import { GatewayError } from '../errors.ts';
import type { Choice, Pool } from '../balancing/pool.ts';
import type { SharedClock } from '../runtime/shared-clock.ts';
import type { Waiter } from '../balancing/wait-queue.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';

/** When a place may be free again, nobody knows: soon. */
const RETRY_AFTER_MS = 1000;

/** Told once, unless it leaves the queue first. */
export interface FirstPickListener {
  /** It is sent on one of the pool's connections; false: on one of its own. */
  readonly usesConnection: boolean;
  onPicked(choice: Choice): void;
  onRefused(error: GatewayError): void;
}

/** Null: the listener was told already; else it waits, and may leave(). */
export function requestBackend(
  pool: Pool,
  exchange: ForwardedExchange,
  clock: SharedClock,
  listener: FirstPickListener,
): Waiting | null {
  const { queue, settings } = pool;
  // Whoever waits comes first, be there a place or not.
  if (!isBehind(pool, listener)) {
    const choice = pickFor(exchange, pool, listener, exchange.startMs);
    if (choice !== null) {
      listener.onPicked(choice);
      return null;
    }
    if (!pool.isFull) {
      listener.onRefused(noBackend(pool, exchange.startMs));
      return null;
    }
  }
  const isForConnection = pool.isFull ? pool.isOutOfConnections : !pool.isLimited;
  const isRefused = isForConnection ? settings.connectionWaitMs === 0 : queue.length >= settings.queue.size;
  if (isRefused) {
    listener.onRefused(full(pool, isForConnection ? 'GW_CONNECTIONS_FULL' : 'GW_POOL_FULL'));
    return null;
  }
  const waiting = new Waiting(pool, exchange, clock.nowMs(), listener, isForConnection);
  queue.add(waiting);
  return waiting;
}

/** Others wait for what this one wants. Connections are this thread's own; places are all threads'. */
function isBehind({ queue, isLimited }: Pool, { usesConnection }: FirstPickListener): boolean {
  return isLimited ? queue.isWaitedFor : usesConnection && queue.length > 0;
}

export class Waiting implements Waiter {
  readonly sinceMs: number;
  readonly deadlineMs: number;
  /** It waits for a connection of this thread. */
  readonly isLocal: boolean;
  readonly #pool: Pool;
  readonly #exchange: ForwardedExchange;
  readonly #listener: FirstPickListener;

  constructor(
    pool: Pool,
    exchange: ForwardedExchange,
    nowMs: number,
    listener: FirstPickListener,
    isForConnection: boolean,
  ) {
    this.#pool = pool;
    this.#exchange = exchange;
    this.#listener = listener;
    this.isLocal = isForConnection;
    this.sinceMs = nowMs;
    this.deadlineMs = nowMs + (isForConnection ? pool.settings.connectionWaitMs : pool.settings.queue.timeoutMs);
  }

  offer(nowMs: number): boolean {
    const choice = pickFor(this.#exchange, this.#pool, this.#listener, nowMs);
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
  { keyHash, tried, session }: ForwardedExchange,
  pool: Pool,
  { usesConnection }: FirstPickListener,
  nowMs: number,
): Choice | null {
  return pool.pick(keyHash, nowMs, tried, session === null ? null : session.backend, usesConnection);
}

function full(pool: Pool, code: 'GW_POOL_FULL' | 'GW_QUEUE_TIMEOUT' | 'GW_CONNECTIONS_FULL'): GatewayError {
  pool.queue.countRefused();
  return new GatewayError(code, { retryAfterMs: RETRY_AFTER_MS });
}

function noBackend(pool: Pool, nowMs: number): GatewayError {
  return new GatewayError('GW_NO_BACKEND', { retryAfterMs: pool.retryAfterMs(nowMs) });
}
