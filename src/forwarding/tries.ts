/**
 * The attempts of one request, ordinary or upgrade: its first backend, another one when an attempt has failed and a
 * retry is safe, and the accounting of each. The forwarding makes the attempts and reports their outcome.
 */
import type { ClientRequest } from '../http/client-side.ts';
import type { BackendRow } from '../backends/backend-row.ts';
import type { Balancer, PickListener, Waiting } from '../balancing/balancer.ts';
import { judge } from '../balancing/core/judgement.ts';
import type { Choice, Hold, Pool, PoolBackend } from '../balancing/pool.ts';
import type { AttemptOutcome, Breaker } from '../breaker/breaker.ts';
import { fullJitterMs } from '../core/backoff.ts';
import type { Random } from '../core/random.ts';
import { GatewayError } from '../errors.ts';
import { fallBack } from '../routing/use-pool.ts';
import type { SharedClock } from '../runtime/shared-clock.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';
import { transportError } from './message/transport-error.ts';
import { isRepeatable, isRetriedError } from './retry-policy.ts';

/** One attempt, see Attempt and UpgradeAttempt. */
export interface Tried extends Hold {
  /** The circuit pass that it holds. */
  readonly pass: number;
  /** Of the shared clock. */
  readonly startMs: number;
  /** The backend may have seen the request. */
  readonly isSent: boolean;
  /** 0 until the head of an answer has arrived. */
  readonly status: number;
  /** Ends it, whatever its state; it reports nothing more. */
  discard(): void;
}

export interface TriesListener {
  /** See PickListener. */
  readonly usesConnection: boolean;
  /** A backend for the next attempt. */
  onTry(choice: Choice): void;
  onRefused(error: GatewayError): void;
}

interface Next {
  readonly pool: Pool;
  readonly choice: Choice;
}

export interface TriesPorts {
  readonly clock: Pick<SharedClock, 'nowMs'>;
  readonly row: BackendRow;
  readonly balancer: Balancer;
  readonly breaker: Breaker;
  readonly random: Random;
  readonly onRetry: () => void;
}

export class Tries implements PickListener {
  readonly usesConnection: boolean;
  /** The current attempt. */
  running: Tried | null = null;
  readonly #ports: TriesPorts;
  readonly #exchange: ForwardedExchange;
  readonly #request: ClientRequest;
  /** The first one's: its settings decide about retries. */
  readonly #first: Pool;
  readonly #listener: TriesListener;
  /** While it waits for its first backend. */
  #waiting: Waiting | null = null;
  #backoff: NodeJS.Timeout | null = null;
  /** Picked, but not yet tried: holds a pass of its circuit and a slot. */
  #held: Choice | null = null;
  /** From the retry budget. */
  #withdrawn = 0;

  constructor(ports: TriesPorts, exchange: ForwardedExchange, request: ClientRequest, listener: TriesListener) {
    this.#ports = ports;
    this.#exchange = exchange;
    this.#request = request;
    this.#first = exchange.pool!;
    this.#listener = listener;
    this.usesConnection = listener.usesConnection;
  }

  /** Of the current attempt. */
  get #pool(): Pool {
    return this.#exchange.pool!;
  }

  first(): void {
    const waiting = this.#ports.balancer.pick(this.#exchange, this);
    // Null: a pick was made, or another pool was asked meanwhile, where it may wait.
    if (waiting !== null) this.#waiting = waiting;
  }

  onPicked(choice: Choice): void {
    this.#traceWait();
    this.#waiting = null;
    this.#listener.onTry(choice);
  }

  onRefused(error: GatewayError): void {
    this.#traceWait();
    this.#waiting = null;
    // Its last backend became unavailable after the pool was chosen.
    const next = error.code === 'GW_NO_BACKEND' ? this.#serving() : undefined;
    if (next === undefined) return this.#listener.onRefused(error);
    this.#moveTo(next);
    this.first();
  }

  #serving(): Pool | undefined {
    const nowMs = this.#ports.clock.nowMs();
    return this.#pool.fallback?.chain.find((pool, at) => at > 0 && pool.available(nowMs).length > 0);
  }

  /** The time is up. False: it does not wait for a backend. */
  expire(): boolean {
    if (this.#waiting === null) return false;
    this.#waiting.expire();
    return true;
  }

  // ---- accounting: each attempt is started, perhaps answered, and ended once, or switched and closed

  start(attempt: Tried): void {
    const { backend } = attempt;
    const { tried } = this.#exchange;
    if (tried.length > 0) this.#ports.onRetry();
    tried.push(backend);
    this.#exchange.backend = backend;
    const { followed } = this.#exchange;
    if (followed !== null) {
      followed.tries.push({ backend: backend.id, startMs: attempt.startMs, endMs: null, status: 0, error: null });
    }
    this.#ports.row.started(backend.index);
    this.running = attempt;
  }

  /** The head of its answer has arrived. */
  answered({ backend, startMs, status }: Tried): void {
    const nowMs = this.#ports.clock.nowMs();
    this.#follow(nowMs, status, null);
    this.#exchange.trace?.learn(status, null);
    this.#ports.row.answered(backend.index, nowMs - startMs, nowMs, status);
  }

  end(attempt: Tried, outcome: AttemptOutcome): void {
    const { backend, status, startMs } = attempt;
    if (this.running === attempt) this.running = null;
    this.#exchange.trace?.endTry(outcome, this.#exchange.grpcStatus);
    this.#ports.row.ended(backend.index);
    if (outcome !== 'none') {
      const nowMs = this.#ports.clock.nowMs();
      this.#pool.judge(backend, judge(status, outcome !== 'success'), nowMs - startMs, nowMs);
    }
    this.#pool.release(attempt);
    this.#ports.breaker.settle(attempt, this.#pool, outcome);
  }

  /** A tunnel opens: a success as far as the circuit is concerned, but its backend stays busy until it closes. */
  switched(attempt: Tried): void {
    this.running = null;
    this.#exchange.trace?.endTry('success', null);
    this.#ports.breaker.settle(attempt, this.#pool, 'success');
  }

  closed(attempt: Tried): void {
    this.#ports.row.ended(attempt.backend.index);
    this.#pool.release(attempt);
  }

  /** Ends the current attempt, for a reason of the gateway's own or the client's. */
  abandon(outcome: AttemptOutcome): void {
    const attempt = this.running;
    if (attempt === null) return;
    this.end(attempt, outcome);
    attempt.discard();
  }

  /** The meaning of a status by itself; the answer may still break off. */
  outcomeOf(status: number): AttemptOutcome {
    const isFailure = status >= 502 ? status <= 504 : status === 500 && this.#pool.settings.circuitBreaker.count500;
    return isFailure ? 'failure' : 'success';
  }

  // ---- retries

  /**
   * Whether it is retried because of its status. If so, it has ended. @param isReplayable its body could be sent again.
   * @param status that it counts as
   */
  retriesAnswer(attempt: Tried, isReplayable: boolean, status = attempt.status): boolean {
    const { retries } = this.#first.settings;
    if (!retries.statuses.includes(status) || !isReplayable || !isRepeatable(this.#request, retries)) return false;
    const next = this.#next(this.#exchange.tried) ?? this.#nextElsewhere();
    if (next === null) return false;
    if (status !== attempt.status) this.#exchange.trace?.learn(attempt.status, String(status));
    this.end(attempt, this.outcomeOf(status));
    this.#moveTo(next.pool);
    this.#later(next.choice);
    return true;
  }

  /**
   * Ends it. Null: it is tried again; else what becomes of the request.
   *
   * @param isReused its connection had carried other requests, and broke before anything of this one's answer.
   */
  failed(attempt: Tried, error: Error, isReplayable: boolean, isReused: boolean): GatewayError | null {
    const { code, outcome } = transportError(error);
    this.#follow(this.#ports.clock.nowMs(), attempt.status, code);
    this.#exchange.trace?.learn(attempt.status, code);
    this.end(attempt, outcome);
    if (attempt.status === 0 && isReplayable && isRetriedError(code) && this.#isSafe(attempt)) {
      const next = this.#next(this.#exchange.tried) ?? (isReused ? this.#renew() : this.#nextElsewhere());
      if (next !== null) {
        this.#moveTo(next.pool);
        if (attempt.isSent) this.#later(next.choice);
        else this.#listener.onTry(next.choice);
        return null;
      }
    }
    return new GatewayError(code, { cause: error });
  }

  /** However the request ended: returns what it holds. */
  finish(): void {
    for (; this.#withdrawn > 0; this.#withdrawn -= 1) this.#first.retryBudget.ended();
    if (this.#held !== null) this.#ports.balancer.discard(this.#pool, this.#held);
    this.#held = null;
    if (this.#backoff !== null) clearTimeout(this.#backoff);
    this.#backoff = null;
    this.#waiting?.leave();
  }

  #traceWait(): void {
    const { trace } = this.#exchange;
    if (trace === null || this.#waiting === null) return;
    trace.waited(this.#waiting.sinceMs, this.#ports.clock.nowMs(), this.#waiting.isLocal ? 'connection' : 'slot');
  }

  /** Of the attempt that runs, if somebody wants to see it. */
  #follow(nowMs: number, status: number, error: string | null): void {
    const followed = this.#exchange.followed?.tries.at(-1);
    if (followed === undefined) return;
    followed.endMs ??= nowMs;
    followed.status = status;
    followed.error = error;
  }

  #isSafe({ isSent }: Tried): boolean {
    return !isSent || isRepeatable(this.#request, this.#first.settings.retries);
  }

  /** A backend for a retry, if the policy, the budget and the pool allow one. */
  #next(avoided: readonly PoolBackend[], pool = this.#pool): Next | null {
    const { clock, balancer } = this.#ports;
    const { settings, retryBudget } = this.#first;
    if (this.#exchange.tried.length > settings.retries.attempts) return null;
    const nowMs = clock.nowMs();
    const choice = balancer.pickAgain(pool, this.#exchange.keyHash, avoided, this.usesConnection, nowMs);
    if (choice === null) return null;
    if (!retryBudget.withdraw(nowMs)) {
      balancer.discard(pool, choice);
      return null;
    }
    this.#withdrawn += 1;
    return { pool, choice };
  }

  /**
   * The pool has none left, and the backend closed a connection just when it was reused: a new connection to it will
   * do. But it may as well have died, so the last attempt is for the fallback.
   */
  #renew(): Next | null {
    const isLast = this.#exchange.tried.length === this.#first.settings.retries.attempts;
    return isLast ? (this.#nextElsewhere() ?? this.#next([])) : (this.#next([]) ?? this.#nextElsewhere());
  }

  /** The pool has none left: one of its fallback. */
  #nextElsewhere(): Next | null {
    const { fallback } = this.#pool;
    if (fallback === null) return null;
    for (const pool of fallback.chain.slice(1)) {
      const next = this.#next([], pool);
      if (next !== null) return next;
    }
    return null;
  }

  #moveTo(pool: Pool): void {
    if (pool === this.#pool) return;
    fallBack(this.#pool, pool, this.#request.headers, this.#exchange);
    // Of the pool before: this one binds the client anew.
    this.#exchange.session = null;
  }

  /** After the back-off. */
  #later(choice: Choice): void {
    const { backoffBaseMs, backoffMaxMs } = this.#pool.settings.retries;
    const failed = this.#exchange.tried.length;
    this.#held = choice;
    this.#backoff = setTimeout(
      () => {
        this.#held = null;
        this.#listener.onTry(choice);
      },
      fullJitterMs(failed - 1, backoffBaseMs, backoffMaxMs, this.#ports.random()),
    );
  }
}

/** The meaning of a timeout: without a connection, no path can be to blame. */
export function overdue(attempt: Tried | null): AttemptOutcome {
  return attempt === null || attempt.isSent ? 'timeout' : 'failure';
}
