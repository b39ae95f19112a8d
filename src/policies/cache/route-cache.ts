/**
 * The cache of one route in one thread: decides for each request whether a stored answer will do, and what becomes of
 * the answers of backends (RFC 9111, as a shared cache).
 */
import type { RouteSettings } from '../../config/settings.ts';
import { GatewayError } from '../../errors.ts';
import { clientScheme } from '../../http/client-scheme.ts';
import type { ClientRequest } from '../../http/client-side.ts';
import type { ArrivedAnswer, CacheStep, InsteadAnswer } from '../../routing/cache-step.ts';
import type { BodyWatcher } from '../../routing/body-watcher.ts';
import { comparable } from './arrived-fields.ts';
import { CacheEntry, ownTexts, type StoredFields, type StoredPlace } from './cache-entry.ts';
import { CacheKey, hostOf } from './cache-key.ts';
import { CacheStore } from './cache-store.ts';
import {
  type CachedExchange,
  CachedFetch,
  type FetchFacts,
  type FetchOutcome,
  type FetchOwner,
  type ForwardReason,
} from './cached-fetch.ts';
import type { ChangeTable } from '../../runtime/change-table.ts';
import { type Directives, directivesOf } from './core/cache-control.ts';
import type { CacheCounter, CacheUse } from '../core/policies-vocabulary.ts';
import { mayReplaceError, useOf } from './core/freshness.ts';
import { EntryMaker } from './entry-maker.ts';
import { FetchTable } from './fetch-table.ts';
import { Invalidation, pathOf } from './invalidation.ts';
import { KeptBody } from './kept-body.ts';
import { type StoredAnswer, storedAnswer } from './stored-answer.ts';
import { isSafe } from '../../http/safe-methods.ts';

export interface CachePorts {
  /** For the answers of the route in this thread. */
  readonly maxBytes: number;
  readonly nowMs: () => number;
  /** Ms since 1970. @param atMs of the shared clock */
  readonly wallMs: (atMs: number) => number;
  readonly changes: ChangeTable;
  readonly count: (counter: CacheCounter) => void;
  readonly onBytes: () => void;
  readonly send: (exchange: CachedExchange, answer: StoredAnswer) => void;
  /** The same request, whose answer nobody gets. */
  readonly unseen: (exchange: CachedExchange) => CachedExchange;
  /** Sends such a request to a backend. */
  readonly forward: (unseen: CachedExchange) => void;
}

/** What becomes of a request; exactly one is called, perhaps later. */
export interface VisitListener {
  proceed(): void;
  answer(answer: StoredAnswer): void;
  refuse(error: GatewayError): void;
}

/** What becomes of a request; `status`: of the answer from the cache; null: there is none. */
export interface ForeseenVisit {
  readonly use: CacheUse;
  readonly status: number | null;
}

interface Visit {
  readonly exchange: CachedExchange;
  readonly request: ClientRequest;
  readonly directives: Directives;
  readonly place: StoredPlace;
  readonly listener: VisitListener;
}

const BYPASS: CacheStep = {
  changeRequest: () => undefined,
  instead: () => null,
  insteadOfError: () => null,
  keep: () => null,
  mark: (fields) => void fields.push('cache-status', 'sluice; fwd=bypass'),
  finished: () => undefined,
};

export class RouteCache implements FetchOwner {
  readonly store: CacheStore;
  readonly #settings: NonNullable<RouteSettings['cache']>;
  readonly #ports: CachePorts;
  readonly #key: CacheKey;
  readonly #maker: EntryMaker;
  readonly #fetches: FetchTable;
  #generation = 0;

  constructor(route: Pick<RouteSettings, 'auth' | 'cache' | 'requestHeaders'>, ports: CachePorts) {
    this.#settings = route.cache!;
    this.#ports = ports;
    this.#key = new CacheKey(this.#settings.key, route);
    this.#maker = new EntryMaker(this.#settings, ports.wallMs);
    this.#fetches = new FetchTable(ports.nowMs);
    this.store = new CacheStore(ports.maxBytes, () => ports.count('evictions'));
  }

  visit(exchange: CachedExchange, listener: VisitListener): void {
    const request = exchange.response.req;
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      const scheme = clientScheme(request, exchange.isPeerTrusted);
      const { changes } = this.#ports;
      exchange.cacheStep = isSafe(method)
        ? BYPASS
        : new Invalidation(changes, scheme, hostOf(request), exchange.target);
      this.#ports.count('bypasses');
      return listener.proceed();
    }
    const directives = requestDirectives(request);
    if (isBypassed(request, directives)) {
      exchange.cacheStep = BYPASS;
      this.#ports.count('bypasses');
      return listener.proceed();
    }
    this.#look({ exchange, request, directives, place: this.#placeOf(exchange), listener }, true);
  }

  /** What {@link visit} would do with it, for an explanation: nothing is counted, used or removed. */
  foresee(exchange: CachedExchange): ForeseenVisit {
    const request = exchange.response.req;
    const directives = requestDirectives(request);
    const { method } = request;
    if ((method !== 'GET' && method !== 'HEAD') || isBypassed(request, directives))
      return { use: 'bypass', status: null };
    const found = variantFor(request, this.store.of(this.#placeOf(exchange).key));
    if (found === undefined || !this.#isUnchanged(found)) {
      return { use: directives.has('only-if-cached') ? 'refused' : 'miss', status: null };
    }
    const use = useOf(found.head.freshness, found.ageAt(this.#ports.nowMs()), directives);
    if (use === 'check') return { use: directives.has('only-if-cached') ? 'refused' : 'check', status: null };
    return { use: use === 'fresh' ? 'hit' : 'stale', status: this.#answer(found, request, 'hit').status };
  }

  #placeOf(exchange: CachedExchange): StoredPlace {
    const host = hostOf(exchange.response.req);
    const path = pathOf(exchange.target);
    const slot = this.#ports.changes.slotOf(host, path);
    return { key: this.#key.of(exchange), host, path, slot, change: this.#ports.changes.at(slot) };
  }

  /** @returns how many answers were removed */
  purge(isMeant: (entry: CacheEntry) => boolean): number {
    this.#generation += 1;
    const removed = this.store.removeWhere(isMeant);
    this.#ports.onBytes();
    return removed;
  }

  #look(visit: Visit, mayWait: boolean): void {
    const { exchange, request, directives, place, listener } = visit;
    const nowMs = this.#ports.nowMs();
    const [entry, reason] = this.#find(visit);
    const use = entry === null ? 'check' : useOf(entry.head.freshness, entry.ageAt(nowMs), directives);
    if (entry !== null && use !== 'check') {
      this.store.touch(entry);
      const isStale = use !== 'fresh';
      this.#ports.count(isStale ? 'stale' : 'hits');
      exchange.cacheResult = isStale ? 'stale' : 'hit';
      if (use === 'stale-check') this.#refresh(exchange, place, entry);
      return listener.answer(this.#answer(entry, request, 'hit'));
    }
    if (directives.has('only-if-cached')) return listener.refuse(new GatewayError('GW_NOT_CACHED'));
    const { headers } = request;
    const isPart = headers['range'] !== undefined;
    // A 412 would become the answer for everyone: no other request has that precondition (RFC 9110, 13.1).
    const isPrecondition = headers['if-match'] !== undefined || headers['if-unmodified-since'] !== undefined;
    const isStoring = request.method === 'GET' && !isPart && !isPrecondition;
    const isConditional = headers['if-none-match'] !== undefined || headers['if-modified-since'] !== undefined;
    const isLeading = isStoring && (entry !== null || !isConditional) && !this.#fetches.isUnusable(place.key);
    if (isLeading && mayWait && this.#wait(visit)) return;
    this.#ports.count('misses');
    exchange.cacheResult = 'miss';
    exchange.cacheStep = this.#fetch({
      exchange,
      reason: entry !== null && isFreshAt(entry, nowMs) ? 'request' : reason,
      place,
      entry,
      isChecking: entry !== null && !isPart && hasValidator(entry.head),
      isStoring,
      isLeading,
    });
    listener.proceed();
  }

  #find({ request, place }: Visit): readonly [CacheEntry | null, ForwardReason] {
    const variants = this.store.of(place.key);
    if (variants.length === 0) return [null, 'uri-miss'];
    const found = variantFor(request, variants);
    if (found === undefined) return [null, 'vary-miss'];
    if (this.#isUnchanged(found)) return [found, 'stale'];
    this.store.remove(found);
    this.#ports.onBytes();
    return [null, 'uri-miss'];
  }

  /** No unsafe request has invalidated it. */
  #isUnchanged({ place: { slot, change } }: CacheEntry): boolean {
    return this.#ports.changes.at(slot) === change;
  }

  /** Waits for the answer to another request for the same. False: there is none to wait for. */
  #wait(visit: Visit): boolean {
    const { exchange, directives, place } = visit;
    if (directives.has('no-cache') || directives.has('max-age')) return false;
    const stop = this.#fetches.wait(place.key, (outcome) => {
      exchange.onClosed = null;
      if (!exchange.isClosed) this.#look(visit, outcome === 'none');
    });
    if (stop === null) return false;
    exchange.onClosed = stop;
    return true;
  }

  #fetch(facts: Omit<FetchFacts, 'generation' | 'startMs'>): CachedFetch {
    const fetch = new CachedFetch(this, { ...facts, generation: this.#generation, startMs: this.#ports.nowMs() });
    if (facts.isLeading) this.#fetches.start(fetch);
    return fetch;
  }

  /** While the client already has the stale one. */
  #refresh(exchange: CachedExchange, place: StoredPlace, entry: CacheEntry): void {
    if (this.#fetches.has(place.key)) return;
    const unseen = this.#ports.unseen(exchange);
    unseen.cacheStep = this.#fetch({
      exchange: unseen,
      reason: 'stale',
      place,
      entry,
      isChecking: hasValidator(entry.head),
      isStoring: true,
      isLeading: true,
    });
    this.#ports.forward(unseen);
  }

  #answer(entry: CacheEntry, request: ClientRequest, how: string): StoredAnswer {
    const nowMs = this.#ports.nowMs();
    const age = entry.ageAt(nowMs);
    const cacheStatus = `sluice; ${how}; ttl=${Math.floor(entry.head.freshness.lifetime - age)}`;
    return storedAnswer(entry, request, { age, nowS: this.#ports.wallMs(nowMs) / 1000, cacheStatus });
  }

  // ---- of a fetch

  confirm(fetch: CachedFetch, { fields }: ArrivedAnswer): InsteadAnswer | null {
    const old = fetch.facts.entry!;
    const nowMs = this.#ports.nowMs();
    const { etag } = this.#maker.read(fields, nowMs).values;
    const isOther = etag !== undefined && old.head.etag !== null && weak(etag) !== weak(old.head.etag);
    const entry = isOther ? old : this.#maker.updated(fetch, old, fields, nowMs);
    if (entry !== old && this.#isCurrent(fetch)) this.#put(entry);
    this.#ports.count('revalidated');
    fetch.settle('stored');
    return this.#instead(fetch, entry, 'revalidated', 'fwd=stale; fwd-status=304');
  }

  staleFor(fetch: CachedFetch): InsteadAnswer | null {
    const { exchange, entry } = fetch.facts;
    if (entry === null) return null;
    const directives = requestDirectives(exchange.response.req);
    if (!mayReplaceError(entry.head.freshness, entry.ageAt(this.#ports.nowMs()), directives)) return null;
    this.#ports.count('stale');
    return this.#instead(fetch, entry, 'stale', 'hit; detail=error');
  }

  keeper(fetch: CachedFetch, answer: ArrivedAnswer): BodyWatcher | null {
    const nowMs = this.#ports.nowMs();
    const arrived = this.#maker.read(answer.fields, nowMs);
    if (!this.#maker.mayStore(fetch, answer, arrived, nowMs)) {
      // What is stored is of the past, unless the backend merely failed.
      if (fetch.facts.entry !== null && answer.status < 500) this.store.remove(fetch.facts.entry);
      fetch.settle(answer.status === 304 ? 'none' : 'unusable');
      return null;
    }
    const head = this.#maker.headOf(fetch, answer, arrived, nowMs);
    return new KeptBody(this.#settings.maxEntryBytes, {
      onBody: (body) => {
        if (this.#isCurrent(fetch)) this.#put(new CacheEntry(head, ownPlace(fetch.facts.place), body));
        fetch.settle('stored');
      },
      onTooLarge: () => fetch.settle('unusable'),
      onUnusable: () => fetch.settle('none'),
    });
  }

  settled(fetch: CachedFetch, outcome: FetchOutcome): void {
    if (fetch.facts.isLeading) this.#fetches.settle(fetch, outcome);
  }

  #put(entry: CacheEntry): void {
    if (this.store.put(entry)) this.#ports.count('stores');
    this.#ports.onBytes();
  }

  /** Nothing has been changed or purged since its request began. */
  #isCurrent({ facts: { place, generation } }: CachedFetch): boolean {
    return generation === this.#generation && this.#ports.changes.at(place.slot) === place.change;
  }

  #instead(fetch: CachedFetch, entry: CacheEntry, result: string, how: string): InsteadAnswer | null {
    const { exchange } = fetch.facts;
    const answer = this.#answer(entry, exchange.response.req, how);
    exchange.cacheResult = result;
    return { status: answer.status, begin: () => this.#ports.send(exchange, answer) };
  }
}

function variantFor({ headers }: ClientRequest, variants: readonly CacheEntry[]): CacheEntry | undefined {
  const valueOf = (name: string): string => comparable(headers[name]);
  return variants.find((variant) => variant.matches(valueOf));
}

/** The cache has nothing to do with it, although it is a GET or HEAD. */
function isBypassed(request: ClientRequest, directives: Directives): boolean {
  return request.hasBody || request.upgrade || directives.has('no-store') || isOverridden(request);
}

/** Fields that make some frameworks take a GET for another method: its answer must not become that of the GET. */
const METHOD_FIELDS = ['x-http-method-override', 'x-http-method', 'x-method-override'];

function isOverridden({ headers }: ClientRequest): boolean {
  return METHOD_FIELDS.some((name) => headers[name] !== undefined);
}

/** Pragma is read where there is no Cache-Control (RFC 9111, 5.4). */
function requestDirectives({ headers }: ClientRequest): Directives {
  const control = headers['cache-control'];
  return directivesOf(
    control ?? (/(?:^|,)\s*no-cache\s*(?:,|$)/i.test(headers['pragma'] ?? '') ? 'no-cache' : undefined),
  );
}

/** Whatever the request wants. */
function isFreshAt(entry: CacheEntry, nowMs: number): boolean {
  const { freshness } = entry.head;
  return !freshness.isAlwaysChecked && entry.ageAt(nowMs) < freshness.lifetime;
}

function hasValidator({ etag, lastModified }: StoredFields): boolean {
  return etag !== null || lastModified !== null;
}

function ownPlace(place: StoredPlace): StoredPlace {
  const [key = '', host = '', path = ''] = ownTexts([place.key, place.host, place.path]);
  return { ...place, key, host, path };
}

function weak(tag: string): string {
  return tag.replace(/^W\//, '');
}
