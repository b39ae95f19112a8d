/** The charge for one request whose answer says what it costs: an estimate until then, and for good if it does not. */
import type { MetricsTable } from '../runtime/metrics-table.ts';
import type { BucketPolicy } from './client-table.ts';
import { ANSWER_COST, type CostResult } from './core/limits-vocabulary.ts';
import type { Reservation } from './reservation.ts';

/** Of a route, tokens. */
export interface CostTerms {
  /** Taken when the request was admitted. */
  readonly estimate: number;
  /** Of a request without a cost to read. */
  readonly least: number;
  /** Of any answer. */
  readonly max: number;
  readonly multiply: number;
}

export interface ChargePorts {
  readonly metrics: Pick<MetricsTable, 'countCost' | 'addCostTokens'>;
  readonly thread: number;
  /** The limit of clients without settings, now. */
  defaultPolicy(): BucketPolicy;
  nowMs(): number;
  /** An answer's cost cannot be read. */
  onUnread(route: string, result: CostResult, nowMs: number): void;
}

/** How a request has ended, as far as it matters here. */
interface EndedRequest {
  readonly tried: readonly unknown[];
  readonly error: unknown;
  readonly cacheResult: string | null;
}

export class AnswerCharge {
  /** Tokens that the request has cost; null: it is not known yet. */
  cost: number | null = null;
  /** What a header field of the answer said; null: nothing. */
  stated: string | null = null;
  /** What sees the end of the answer settles it. */
  isAwaited = false;
  /** Called once, when `cost` is known; null: nobody waits for that. */
  onSettled: (() => void) | null = null;
  readonly #route: string;
  readonly #terms: CostTerms;
  readonly reservation: Reservation;
  readonly #ports: ChargePorts;

  constructor(route: string, terms: CostTerms, reservation: Reservation, ports: ChargePorts) {
    this.#route = route;
    this.#terms = terms;
    this.reservation = reservation;
    this.#ports = ports;
  }

  /**
   * The answer has ended.
   *
   * @param said null: nothing; NaN: what is no cost. @param isWhole false: it broke off. @param isBare an answer that
   * need not say a cost: an error, or one without a body
   */
  end(said: number | null, isWhole: boolean, isBare: boolean): void {
    const { multiply, max } = this.#terms;
    const cost = said === null ? null : Math.ceil(round(said * multiply));
    if (cost !== null && !(cost >= 0 && cost <= ANSWER_COST.maximum)) this.#settle('invalid', 0);
    else if (!isWhole) this.#settle('cut', Math.min(cost ?? 0, max));
    else if (cost !== null) this.#settle('read', Math.min(cost, max));
    else this.#settle(isBare ? 'none' : 'missing', 0);
  }

  /** The request is over, and nobody saw the end of a backend's answer. */
  close({ tried, error, cacheResult }: EndedRequest): void {
    if (this.isAwaited || this.cost !== null) return;
    const isStored = cacheResult !== null && cacheResult !== 'miss';
    if (isStored || tried.length === 0 || error !== null) this.end(null, true, true);
    // Of an answer that opened a tunnel.
    else if (this.stated !== null) this.end(statedCost(this.stated), true, false);
    // The client left while a backend was at work, or a tunnel has closed.
    else this.end(null, false, false);
  }

  /** @param read tokens, of results that have them */
  #settle(result: CostResult, read: number): void {
    if (this.cost !== null) return;
    const { estimate, least } = this.#terms;
    const { metrics, thread, defaultPolicy, nowMs, onUnread } = this.#ports;
    const cost = result === 'read' ? read : result === 'none' ? least : Math.max(estimate, read);
    this.cost = cost;
    metrics.countCost(thread, result);
    const now = nowMs();
    if (result === 'missing' || result === 'invalid') onUnread(this.#route, result, now);
    const isKnown = result === 'read' || result === 'none';
    metrics.addCostTokens(thread, isKnown ? 'charged' : 'estimated', cost);
    metrics.addCostTokens(thread, 'returned', Math.max(0, estimate - cost));
    this.reservation.settle(cost, defaultPolicy(), now);
    this.onSettled?.();
  }
}

/** The number in a header field; NaN: it is none. */
export function statedCost(text: string): number {
  return /^[0-9]{1,15}(?:\.[0-9]{1,15})?$/.test(text) ? Number(text) : NaN;
}

/** Without what products of decimal fractions are off by: 0.1 × 30 is 3, not a little more. */
function round(tokens: number): number {
  return Math.round(tokens * 1e6) / 1e6;
}
