/** A request's first backend: at once, or when its turn in the pool's queue has come. */
import { GatewayError } from '../errors.ts';
import type { Pick, Pool } from '../state/pool.ts';
import type { SharedClock } from '../state/shared-clock.ts';
import type { Waiter } from '../state/wait-queue.ts';
import type { ForwardedExchange } from './forwarding.ts';

/** When a place may be free again, nobody knows: soon. */
const RETRY_AFTER_MS = 1000;

/** Told once, unless it leaves the queue first. */
export interface FirstPickListener {
  onPicked(pick: Pick): void;
  onRefused(error: GatewayError): void;
}

/** Null: the listener was told already; else it waits, and may leave(). */
export function requestBackend(
  pool: Pool,
  exchange: ForwardedExchange,
  clock: SharedClock,
  listener: FirstPickListener,
): Waiting | null {
  const { queue } = pool;
  // Whoever waits comes first, be there a place or not.
  if (queue === null || !queue.isWaitedFor) {
    const pick = pickFor(exchange, pool, exchange.startMs);
    if (pick !== null) {
      listener.onPicked(pick);
      return null;
    }
    if (!pool.isFull) {
      listener.onRefused(noBackend(pool, exchange.startMs));
      return null;
    }
  }
  if (queue === null || queue.length >= pool.settings.queue.size) {
    listener.onRefused(full('GW_POOL_FULL'));
    return null;
  }
  const waiting = new Waiting(pool, exchange, clock.nowMs(), listener);
  queue.add(waiting);
  return waiting;
}

export class Waiting implements Waiter {
  readonly sinceMs: number;
  readonly deadlineMs: number;
  readonly #pool: Pool;
  readonly #exchange: ForwardedExchange;
  readonly #listener: FirstPickListener;

  constructor(pool: Pool, exchange: ForwardedExchange, nowMs: number, listener: FirstPickListener) {
    this.#pool = pool;
    this.#exchange = exchange;
    this.#listener = listener;
    this.sinceMs = nowMs;
    this.deadlineMs = nowMs + pool.settings.queue.timeoutMs;
  }

  offer(nowMs: number): boolean {
    const pick = pickFor(this.#exchange, this.#pool, nowMs);
    if (pick !== null) this.#listener.onPicked(pick);
    else if (this.#pool.isFull) return false;
    else this.#listener.onRefused(noBackend(this.#pool, nowMs));
    return true;
  }

  expire(): void {
    this.#listener.onRefused(full('GW_QUEUE_TIMEOUT'));
  }

  leave(): void {
    this.#pool.queue!.remove(this);
  }
}

function pickFor({ keyHash, tried, session }: ForwardedExchange, pool: Pool, nowMs: number): Pick | null {
  return pool.pick(keyHash, nowMs, tried, session === null ? null : session.backend);
}

function full(code: 'GW_POOL_FULL' | 'GW_QUEUE_TIMEOUT'): GatewayError {
  return new GatewayError(code, { retryAfterMs: RETRY_AFTER_MS });
}

function noBackend(pool: Pool, nowMs: number): GatewayError {
  return new GatewayError('GW_NO_BACKEND', { retryAfterMs: pool.retryAfterMs(nowMs) });
}
