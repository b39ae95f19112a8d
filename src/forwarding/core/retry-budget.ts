/**
 * How many retries a pool may make: a share of the requests of the last ten seconds, so that retries cannot multiply
 * the load on backends that already fail, and always a few at a time, so that a quiet gateway can retry at all.
 *
 * Based on a window rather than on requests in flight (as in Envoy): when one of three backends dies, a third of all
 * running requests fails at the same moment, which is more than 20 % of what is in flight, but little compared with the
 * requests of the last seconds. Source: Finagle's RetryBudget (a share of requests within a time to live, plus a
 * minimum).
 */
export interface RetryBudgetSettings {
  /** Retries as a share of requests, 0..1. Default 0.2. */
  readonly budgetRatio: number;
  /** Concurrent retries that are always allowed. Default 3. */
  readonly budgetMinimum: number;
}

const SLOT_MS = 5_000;

/** Two slots of five seconds: the window is 5..10 s long. */
export class RetryBudget {
  readonly #settings: RetryBudgetSettings;
  #slot = 0;
  #requests = 0;
  #retries = 0;
  #requestsBefore = 0;
  #retriesBefore = 0;
  #running = 0;

  constructor(settings: RetryBudgetSettings) {
    this.#settings = settings;
  }

  /** A request has arrived. */
  deposit(nowMs: number): void {
    this.#turn(nowMs);
    this.#requests += 1;
  }

  /** Whether one more retry may start. If so it is counted, and its end must be reported by `ended`. */
  withdraw(nowMs: number): boolean {
    this.#turn(nowMs);
    const { budgetRatio, budgetMinimum } = this.#settings;
    const isInShare = this.#retries + this.#retriesBefore + 1 <= budgetRatio * (this.#requests + this.#requestsBefore);
    if (!isInShare && this.#running >= budgetMinimum) return false;
    this.#retries += 1;
    this.#running += 1;
    return true;
  }

  ended(): void {
    this.#running -= 1;
  }

  #turn(nowMs: number): void {
    const slot = Math.floor(nowMs / SLOT_MS);
    if (slot <= this.#slot) return;
    const isNext = slot === this.#slot + 1;
    this.#requestsBefore = isNext ? this.#requests : 0;
    this.#retriesBefore = isNext ? this.#retries : 0;
    this.#requests = 0;
    this.#retries = 0;
    this.#slot = slot;
  }
}
