/**
 * What one thread of a gateway has admitted of a limit while the server was lost, from this gateway's share, and what of
 * that the server is to be charged afterwards. Pure: all times are ms.
 *
 * If the gateway alone was cut off, it is charged for everything, as of the beginning: the others had the whole limit.
 *
 * If all had lost the server, every share was refilled at 1/N of the rate, so what is used of the limit is the sum of what is
 * used of the shares, on top of what was used before. Each gateway is charged for its own part of that sum and nobody
 * else's, however uneven the load was.
 */
import { SlidingWindow } from '../../core/sliding-window.ts';
import type { GatewayLevel } from './gateway-level.ts';

export interface Sharers {
  /** Live gateways, 1 or more. */
  readonly gateways: number;
  /** Traffic threads of this gateway. */
  readonly threads: number;
}

export class OutageShare {
  readonly sinceMs: number;
  /** Admitted since then. */
  tokens: number;
  /** Of leases of before: the server has granted them, and they were not spent in time. `strandedAtUs`: its time of the last. */
  stranded = 0;
  strandedAtUs = 0;
  /** Of the limit, when the server was lost. */
  #usedBefore: number;
  /** Of `tokens`, those that the share of a bucket has not refilled, and as of when. */
  #owed: number;
  #owedMs: number;
  /** Of `tokens`, those of the last window; null: it is a bucket. */
  readonly #window: SlidingWindow | null;

  /** @param tokens admitted before, of which the server may not have heard. @param usedBefore of the limit, without these. */
  constructor(level: GatewayLevel, tokens: number, usedBefore: number, nowMs: number) {
    this.sinceMs = nowMs;
    this.tokens = tokens;
    this.#usedBefore = usedBefore;
    this.#owed = tokens;
    this.#owedMs = nowMs;
    const windowMs = (level.capacity * 1000) / level.ratePerSecond;
    this.#window = level.isWindow ? new SlidingWindow({ limit: 2 ** 31, windowMs }) : null;
    this.#window?.take(tokens, nowMs);
  }

  /** Below 0: what was admitted is not spent, after all. */
  add(tokens: number, level: GatewayLevel, sharers: Sharers, nowMs: number): void {
    this.tokens += tokens;
    if (tokens > 0) this.#window?.take(tokens, nowMs);
    else this.#window?.refund(-tokens, nowMs);
    this.#owed = Math.max(0, this.#owedAt(level, sharers, nowMs) + tokens);
    this.#owedMs = nowMs;
  }

  /** Tokens of a lease that has died. */
  strand(tokens: number, atUs: number): void {
    this.stranded += tokens;
    this.strandedAtUs = atUs;
  }

  /** The limit has become so many times as large. */
  scale(ratio: number): void {
    this.tokens *= ratio;
    this.#usedBefore *= ratio;
    this.#owed *= ratio;
    this.stranded *= ratio;
  }

  /** What was used before and still counts. */
  remainingBefore(level: GatewayLevel, nowMs: number): number {
    return level.remaining(this.#usedBefore, nowMs - this.sinceMs);
  }

  /**
   * After a loss of all: what is to be charged.
   * @param othersMs so long ago the others had the whole limit again, and this share was on top of it: its refill since then
   * does not count. @param lostForMs how long this gateway was without the server.
   */
  chargeOfAll(level: GatewayLevel, sharers: Sharers, othersMs: number, lostForMs: number, nowMs: number): number {
    // In the level, each token counts once for each gateway. It is the server's again once another thread has settled.
    const used = level.capacity - level.left(nowMs) + level.unsettled - this.remainingBefore(level, nowMs);
    const most = level.seenMs > this.sinceMs ? level.capacity : Math.max(0, used);
    const own = sharers.threads === 1 ? this.tokens : this.#owedAt(level, sharers, nowMs);
    const owed = Math.min(own, most / sharers.gateways);
    const perMs = Math.min(refillPerMs(level, sharers), this.tokens / lostForMs);
    return Math.min(this.tokens, owed + perMs * othersMs);
  }

  /**
   * This thread's part of what is used of the share. A bucket refills what was used before first, then what was admitted from
   * it.
   */
  #owedAt(level: GatewayLevel, sharers: Sharers, nowMs: number): number {
    if (this.#window !== null) return this.#window.used(nowMs);
    const refilledMs = this.sinceMs + (this.#usedBefore * 1000) / level.ratePerSecond;
    const passedMs = Math.max(0, nowMs - Math.max(this.#owedMs, refilledMs));
    return Math.max(0, this.#owed - passedMs * refillPerMs(level, sharers));
  }
}

/** Of one thread's part, if all threads are as busy; if they are not, the level shows more. */
function refillPerMs(level: GatewayLevel, { gateways, threads }: Sharers): number {
  return level.ratePerSecond / 1000 / gateways / threads;
}
