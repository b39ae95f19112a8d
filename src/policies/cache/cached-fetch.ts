/**
 * A request that the cache could not answer, on its way to a backend: what the cache asks, what it keeps of the answer,
 * and what it sends instead.
 */
import type { ArrivedAnswer, CacheStep, InsteadAnswer } from '../../routing/cache-step.ts';
import type { BodyWatcher } from '../../routing/body-watcher.ts';
import type { Exchange } from '../../routing/exchange.ts';
import { removeFields } from '../../http/fields/remove-fields.ts';
import type { CacheEntry, StoredPlace } from './cache-entry.ts';

/** The part of an exchange that a cache reads and writes. */
export type CachedExchange = Exchange<{
  readonly identityFields: readonly string[];
  readonly ownCookies: readonly string[];
}>;

/** Why it went on (RFC 9211, 2.2). */
export type ForwardReason = 'bypass' | 'method' | 'request' | 'stale' | 'uri-miss' | 'vary-miss';

/**
 * `stored`: others may find it in the cache. `unusable`: nobody else can use this answer, nor probably the next. `none`:
 * there is nothing to be learnt from it.
 */
export type FetchOutcome = 'stored' | 'unusable' | 'none';

/** What the cache does with the answer. */
export interface FetchOwner {
  /** 304: it may be used again. Null: it cannot be updated. */
  confirm(fetch: CachedFetch, answer: ArrivedAnswer): InsteadAnswer | null;
  /** Null: it must not be used. */
  staleFor(fetch: CachedFetch): InsteadAnswer | null;
  /** Null: the answer is not to be stored. */
  keeper(fetch: CachedFetch, answer: ArrivedAnswer): BodyWatcher | null;
  settled(fetch: CachedFetch, outcome: FetchOutcome): void;
}

export interface FetchFacts {
  readonly exchange: CachedExchange;
  readonly reason: ForwardReason;
  readonly place: StoredPlace;
  /** What there is, and may not be used without asking; null: nothing. */
  readonly entry: CacheEntry | null;
  /** The backend is asked whether the entry is still good. */
  readonly isChecking: boolean;
  /** Its answer may be stored. */
  readonly isStoring: boolean;
  /** Others wait for its answer. */
  readonly isLeading: boolean;
  /** Of the cache as a whole: purges increment it. */
  readonly generation: number;
  /** Of the shared clock. */
  readonly startMs: number;
}

const CONDITIONS: ReadonlySet<string> = new Set(['if-none-match', 'if-modified-since']);
/** Of a backend that fails, for stale-if-error (RFC 5861, 4). */
const FAILURES = [500, 502, 503, 504];

export class CachedFetch implements CacheStep {
  readonly facts: FetchFacts;
  readonly #owner: FetchOwner;
  #isSettled = false;
  #isStored = false;

  constructor(owner: FetchOwner, facts: FetchFacts) {
    this.#owner = owner;
    this.facts = facts;
  }

  changeRequest(fields: string[]): void {
    const { entry, isChecking } = this.facts;
    if (entry === null || !isChecking) return;
    const { etag, lastModified } = entry.head;
    removeFields(fields, CONDITIONS);
    if (etag !== null) fields.push('if-none-match', etag);
    if (lastModified !== null) fields.push('if-modified-since', lastModified);
  }

  instead(answer: ArrivedAnswer): InsteadAnswer | null {
    if (this.facts.entry === null) return null;
    if (answer.status === 304 && this.facts.isChecking) return this.#owner.confirm(this, answer);
    return FAILURES.includes(answer.status) ? this.#owner.staleFor(this) : null;
  }

  insteadOfError(): InsteadAnswer | null {
    return this.facts.entry === null ? null : this.#owner.staleFor(this);
  }

  keep(answer: ArrivedAnswer): BodyWatcher | null {
    const keeper = this.facts.isStoring ? this.#owner.keeper(this, answer) : null;
    this.#isStored = keeper !== null;
    return keeper;
  }

  mark(fields: string[]): void {
    fields.push('cache-status', `sluice; fwd=${this.facts.reason}${this.#isStored ? '; stored' : ''}`);
  }

  finished(): void {
    this.settle('none');
  }

  settle(outcome: FetchOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#owner.settled(this, outcome);
  }
}
