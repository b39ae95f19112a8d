/**
 * Requests for the same answer at the same time: one goes to a backend, the others wait for its answer, and find it in
 * the cache. They wait neither long nor for an answer that only its own client can get.
 */
import { hashString32 } from '../../core/hash.ts';
import type { CachedFetch, FetchOutcome } from './cached-fetch.ts';

/** Then a waiting request goes to a backend itself. */
const MAX_WAIT_MS = 5000;
/** For one answer. Further requests go to a backend themselves. */
const MAX_WAITING = 1000;
/** Answers that turned out to be unusable for others: nobody waits for them, for so long. */
const UNUSABLE_MS = 60_000;
const MAX_UNUSABLE = 4096;

interface Running {
  readonly fetch: CachedFetch;
  readonly waiting: Set<(outcome: FetchOutcome) => void>;
}

export class FetchTable {
  readonly #nowMs: () => number;
  /** By key. */
  readonly #running = new Map<string, Running>();
  /** Until when, by the hash of the key: keys can be long, and clients choose them. */
  readonly #unusable = new Map<number, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  has(key: string): boolean {
    const running = this.#running.get(key);
    // One that never reached a backend and was never reported is not waited for again.
    return running !== undefined && this.#nowMs() - running.fetch.facts.startMs < MAX_WAIT_MS;
  }

  isUnusable(key: string): boolean {
    const hash = hashString32(key, 0);
    const until = this.#unusable.get(hash);
    if (until === undefined) return false;
    if (until > this.#nowMs()) return true;
    this.#unusable.delete(hash);
    return false;
  }

  start(fetch: CachedFetch): void {
    const { key } = fetch.facts.place;
    if (!this.has(key)) this.#running.set(key, { fetch, waiting: new Set() });
  }

  /** @returns stops waiting; null: there is nothing to wait for. @param then called once, unless stopped */
  wait(key: string, then: (outcome: FetchOutcome) => void): (() => void) | null {
    if (!this.has(key)) return null;
    const { waiting } = this.#running.get(key)!;
    if (waiting.size >= MAX_WAITING) return null;
    const end = (outcome: FetchOutcome): void => {
      stop();
      then(outcome);
    };
    // As unusable: it must not wait again.
    const timer = setTimeout(end, MAX_WAIT_MS, 'unusable');
    const stop = (): void => {
      clearTimeout(timer);
      waiting.delete(end);
    };
    waiting.add(end);
    return stop;
  }

  settle(fetch: CachedFetch, outcome: FetchOutcome): void {
    const { key } = fetch.facts.place;
    if (outcome === 'unusable') {
      if (this.#unusable.size >= MAX_UNUSABLE) this.#unusable.clear();
      this.#unusable.set(hashString32(key, 0), this.#nowMs() + UNUSABLE_MS);
    }
    const running = this.#running.get(key);
    if (running?.fetch !== fetch) return;
    this.#running.delete(key);
    for (const end of running.waiting) end(outcome);
  }
}
