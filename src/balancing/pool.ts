/**
 * A pool as one traffic thread sees it: which of its backends are available now, and which of them the strategy picks.
 *
 * The list of available backends is kept until the shared table reports a change, or until a circuit or an ejection
 * expires: a pick costs the same with three backends as with a thousand.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { PoolSettings } from '../config/settings.ts';
import type { SnapshotBackend, SnapshotPool } from '../config/snapshot.ts';
import { AddressTurns } from '../addresses/core/address-turns.ts';
import { LOCALITY_LEVELS, type LocalityLevel } from './core/balancing-vocabulary.ts';
import { createStrategy } from './core/create-strategy.ts';
import { type Judgement, penalizedMs, penaltyMs } from './core/judgement.ts';
import { maxRequests } from './core/max-requests.ts';
import { LeastRecent } from './core/least-recent.ts';
import { type Candidate, DEFAULT_LATENCY_MS, type Strategy } from './core/strategy.ts';
import { REFUSED } from '../breaker/core/circuit-breaker.ts';
import { hashString32 } from '../core/hash.ts';
import { RetryBudget } from '../forwarding/core/retry-budget.ts';
import { opaqueId } from '../net/opaque-id.ts';
import { sessionReason, unavailableReason } from '../backends/availability.ts';
import type { BackendRow } from '../backends/backend-row.ts';
import { type BackendTable, LATENCY_STALE_MS } from '../backends/backend-table.ts';
import type { Admission } from '../breaker/circuits.ts';
import type { LevelCapacity } from './core/locality.ts';
import type { PlacementRow } from './placement-table.ts';
import type { PoolFallback } from './pool-fallback.ts';
import { type PlacesPorts, PoolPlaces } from './pool-places.ts';
import { StickySessions } from './sticky-sessions.ts';
import type { WaitQueue } from './wait-queue.ts';
import type { WaitQueues } from './wait-queues.ts';

export interface PoolBackend extends Candidate {
  /** Its place in the list of the pool. */
  readonly at: number;
  readonly id: string;
  readonly url: URL;
  /** Where its connections go. */
  readonly addresses: AddressTurns;
  /** Path of the URL without its trailing slash: prepended to every request's path. */
  readonly basePath: string;
  readonly isTls: boolean;
  /** Identifies its connection settings: a different key means different connections. */
  readonly connectionKey: string;
  /** Gets requests only when no other backend can take them. */
  readonly isBackup: boolean;
  /** Concurrent requests over all threads; null: unlimited. */
  readonly maxInFlight: number | null;
  /** Identifies it to clients. */
  readonly opaqueId: string;
}

/** What a request holds at a backend: returned with Pool.release() when it is done. */
export interface Hold {
  readonly backend: PoolBackend;
  /** False: the backend has no limit, so there is nothing to return. */
  readonly hasSlot: boolean;
  /** It also holds one of the thread's connections to the backend. */
  readonly hasConnection: boolean;
}

/** The backend picked for a request, and the circuit pass that the request holds. */
export interface Choice extends Hold {
  readonly pass: number;
}

/** One level of a pool that prefers near backends. */
export interface LocalityReport {
  readonly locality: LocalityLevel;
  /** Part of the requests, 0..1. */
  readonly share: number;
  /** Ids, of unavailable ones too. */
  readonly backends: readonly string[];
}

export interface PoolPorts extends PlacesPorts {
  readonly row: BackendRow;
  readonly turns: Int32Array;
  /** For opaque ids and sticky cookies of pools without keys of their own. */
  readonly stickySecret: string;
  readonly queues: WaitQueues;
  readonly placements: PlacementRow;
}

export class Pool {
  readonly settings: PoolSettings;
  readonly backends: readonly PoolBackend[];
  /** Of this thread: if every thread keeps the ratio, so do all together. */
  readonly retryBudget: RetryBudget;
  /** Null: the pool has no sticky sessions. */
  readonly sticky: StickySessions<PoolBackend> | null;
  /** Answers name the backend they come from: see marked-answer.ts. */
  readonly isMarking: boolean;
  /** Where requests wait while every backend is full. */
  readonly queue: WaitQueue;
  /** Some backend has a limit, which all threads share. */
  readonly isLimited: boolean;
  /** Who takes what it cannot; null: nobody. Of the current snapshot. */
  fallback: PoolFallback<Pool> | null = null;

  readonly #table: BackendTable;
  readonly #maxRequests: number;
  readonly #madeOf: readonly SnapshotBackend[];
  /** Of the backends at the same index, as configured. */
  #weights: readonly number[];
  readonly #strategy: Strategy;
  /** Picks for a request after its turn: the pick made in its turn was refused or failed. */
  readonly #secondChoice: Strategy;
  readonly #row: BackendRow;
  readonly #index: number;
  /** Null: no backend is preferred for being near. */
  readonly #places: PoolPlaces<PoolBackend> | null;
  readonly #placements: PlacementRow;
  #available: readonly PoolBackend[] = [];
  /** Backups that could take requests, while others can. */
  #spare: readonly PoolBackend[] = [];
  #isFull = false;
  #hasNoConnection = false;
  #usesConnection = true;
  #refreshes = 0;
  #version = -1;
  #staleAtMs = 0;
  /** When the current pick is made, for the strategy's view of the load. */
  #pickMs = 0;
  /** Of the backends whose latency is known, ms; NaN: none is. */
  #slowestMs = NaN;
  #meanMs = NaN;
  #measuredMs = -Infinity;
  /** Inputs of the current pick. */
  #chooser: Strategy;

  constructor(pool: SnapshotPool, ports: PoolPorts) {
    this.settings = pool.settings;
    this.retryBudget = new RetryBudget(pool.settings.retries);
    this.#table = ports.table;
    this.#row = ports.row;
    this.#madeOf = pool.backends;
    this.#weights = weightsOf(pool);
    this.#index = pool.index;
    this.#places = PoolPlaces.of(pool, ports);
    this.#placements = ports.placements;
    const { sticky } = pool.settings;
    const idSecret = sticky.keys[0]?.secret ?? ports.stickySecret;
    const tlsKey = digest(pool.settings.tls);
    this.backends = pool.backends.map((backend, at) => {
      const url = new URL(backend.url);
      return {
        at,
        index: backend.index,
        id: backend.id,
        idHash: hashString32(backend.id, 0),
        weight: ports.table.weight(backend.index),
        url,
        addresses: new AddressTurns(backend.addresses),
        basePath: url.pathname.replace(/\/+$/, ''),
        isTls: url.protocol === 'https:',
        connectionKey: connectionKey(backend, pool.settings, tlsKey),
        isBackup: backend.backup,
        maxInFlight: backend.maxInFlight,
        opaqueId: opaqueId(idSecret, backend.id),
      };
    });
    this.sticky = sticky.enabled ? new StickySessions(sticky, ports.stickySecret, this.backends) : null;
    this.isMarking = this.sticky !== null || pool.settings.exposeBackend;
    this.isLimited = pool.backends.some(({ maxInFlight }) => maxInFlight !== null);
    this.#maxRequests = maxRequests(pool.settings);
    this.queue = ports.queues.of(pool.index);
    this.#strategy = createStrategy(pool.settings.algorithm, {
      random: ports.random,
      load: {
        inFlight: (index) => ports.table.load(index, this.#pickMs),
        latencyMs: (index) => this.#penalizedMs(index, this.#pickMs),
      },
      nextTurn: () => Atomics.add(ports.turns, pool.index, 1) >>> 0,
    });
    // A second turn for one request would skip another's: with every other backend full, always the same ones.
    this.#secondChoice = pool.settings.algorithm === 'round-robin' ? new LeastRecent() : this.#strategy;
    this.#chooser = this.#strategy;
  }

  /**
   * True if this pool would come out the same. Weights and `enabled` are in the shared table, and addresses are
   * followed ({@link readdress}), so those may differ.
   */
  isBuiltFrom(pool: SnapshotPool): boolean {
    return (
      isDeepStrictEqual(this.#madeOf.map(withoutAddresses), pool.backends.map(withoutAddresses)) &&
      isDeepStrictEqual({ ...this.settings, backends: [] }, { ...pool.settings, backends: [] })
    );
  }

  /** @param pool one that this pool is built from. */
  readdress(pool: SnapshotPool): void {
    for (const [at, { addresses }] of pool.backends.entries()) {
      const known = this.backends[at]!.addresses;
      if (!isDeepStrictEqual(known.all, addresses)) known.replace(addresses);
    }
    this.#weights = weightsOf(pool);
    this.#version = -1;
  }

  /**
   * Null when no backend is available, or only those already tried; isFull tells whether max_in_flight alone prevents
   * it.
   *
   * @param bound the backend that the request's session is bound to.
   * @param usesConnection false: it brings a connection of its own, as an upgrade does.
   * @param admission has the final say about a backend.
   */
  pick(
    keyHash: number,
    nowMs: number,
    tried: readonly PoolBackend[],
    bound: PoolBackend | null,
    usesConnection: boolean,
    admission: Admission,
  ): Choice | null {
    this.#pickMs = nowMs;
    this.#isFull = false;
    this.#hasNoConnection = false;
    this.#usesConnection = usesConnection;
    this.#chooser = tried.length === 0 ? this.#strategy : this.#secondChoice;
    const available = this.available(nowMs);
    if (bound !== null && !tried.includes(bound) && this.maySessionStay(bound, nowMs)) {
      const choice = this.#enter(bound, nowMs, admission);
      if (choice !== null) return choice;
    }
    const choice =
      this.#places === null
        ? this.#pickFrom(without(tried, available), keyHash, nowMs, admission)
        : this.#pickNear(this.#places, keyHash, nowMs, tried, admission);
    if (choice !== null) return choice;
    if (this.#spare.length > 0) {
      const spare = this.#pickFrom(without(tried, this.#spare), keyHash, nowMs, admission);
      if (spare !== null) return spare;
    }
    const isPanic = this.settings.panic && !this.#isFull && !available.some((backend) => tried.includes(backend));
    return isPanic ? this.#pickAny(keyHash, tried, admission) : null;
  }

  /** The last pick failed only because backends are at their limits. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Some of the backends that the last pick found full only lack a connection of this thread. */
  get hasNoConnection(): boolean {
    return this.#hasNoConnection;
  }

  /** What runs and waits here, as a part of all that may, 0..1; 0: some available backend has no limit, or there is none. */
  fill(nowMs: number): number {
    if (!this.isLimited) return 0;
    let running = 0;
    let most = 0;
    for (const { index, maxInFlight } of this.available(nowMs)) {
      if (maxInFlight === null) return 0;
      running += Math.min(maxInFlight, this.#table.inFlight(index));
      most += maxInFlight;
    }
    return most === 0 ? 0 : Math.min(1, (running + this.queue.length) / (most + this.settings.queue.size));
  }

  /** The request is done there, or will not be sent after all; a waiting request may take the slot. */
  release(hold: Hold): void {
    if (hold.hasConnection) this.returnConnection(hold.backend);
    if (!hold.hasSlot) return;
    this.#row.returnSlot(hold.backend.index);
    this.queue.slotReturned();
  }

  /** Its connection is free again, or gone. */
  returnConnection({ index }: PoolBackend): void {
    this.#row.returnConnection(index);
    if (this.queue.length > 0) this.queue.slotReturned();
  }

  /**
   * An attempt ended after `tookMs`. One that failed sooner than a good answer would have come is held against the
   * backend for the rest of that time: failing fast must not make it look less busy or faster.
   */
  judge({ index }: PoolBackend, judgement: Judgement, tookMs: number, nowMs: number): void {
    if (judgement !== 'neutral') this.#row.judged(index, judgement === 'bad', nowMs);
    if (judgement === 'good') return;
    const forMs = Math.min(judgement === 'bad' ? this.#badMs(nowMs) : this.#expectedMs(index, nowMs), MAX_LINGER_MS);
    if (tookMs < forMs) this.#row.lingers(index, forMs - tookMs, nowMs);
  }

  #penalizedMs(index: number, nowMs: number): number {
    const goodMs = this.#table.latencyMs(index, nowMs);
    const failing = this.#table.failing(index, nowMs);
    return failing === 0 ? goodMs : penalizedMs(goodMs, failing, this.#badMs(nowMs));
  }

  #badMs(nowMs: number): number {
    this.#measure(nowMs);
    return penaltyMs(this.#slowestMs);
  }

  /** The expected duration of a good answer of the backend: its own average, or that of the others. */
  #expectedMs(index: number, nowMs: number): number {
    const ownMs = this.#table.latencyMs(index, nowMs);
    if (!Number.isNaN(ownMs)) return ownMs;
    this.#measure(nowMs);
    return Number.isNaN(this.#meanMs) ? DEFAULT_LATENCY_MS : this.#meanMs;
  }

  /** The averages of all backends, refreshed now and then: only failures need them, but then each one does. */
  #measure(nowMs: number): void {
    const agoMs = nowMs - this.#measuredMs;
    if (agoMs >= 0 && agoMs < MEASURE_MS) return;
    this.#measuredMs = nowMs;
    let sumMs = 0;
    let known = 0;
    let slowestMs = NaN;
    for (const { index } of this.backends) {
      const latencyMs = this.#table.latencyMs(index, nowMs);
      if (Number.isNaN(latencyMs)) continue;
      sumMs += latencyMs;
      known += 1;
      if (!(slowestMs >= latencyMs)) slowestMs = latencyMs;
    }
    this.#slowestMs = slowestMs;
    this.#meanMs = sumMs / known;
  }

  /** A session stays on its backend, even a draining one or a backup, unless that is down. */
  maySessionStay(backend: PoolBackend, nowMs: number): boolean {
    return sessionReason(this.#table, backend.index, this.settings.circuitBreaker, nowMs) === null;
  }

  /** In the level of the request, and if none there can take it, in the others, the nearest first. */
  #pickNear(
    places: PoolPlaces<PoolBackend>,
    keyHash: number,
    nowMs: number,
    tried: readonly PoolBackend[],
    admission: Admission,
  ): Choice | null {
    const drawn = places.draw(keyHash);
    let choice = this.#pickFrom(without(tried, places.groups[drawn]!), keyHash, nowMs, admission);
    for (let level = 0; choice === null && level < places.groups.length; level += 1) {
      if (level === drawn) continue;
      choice = this.#pickFrom(without(tried, places.groups[level]!), keyHash, nowMs, admission);
    }
    return choice;
  }

  #pickFrom(from: readonly PoolBackend[], keyHash: number, nowMs: number, admission: Admission): Choice | null {
    let candidates = from;
    for (;;) {
      const at = this.#chooser.pick(candidates, keyHash);
      if (at === -1) return null;
      this.#chooser = this.#secondChoice;
      const backend = candidates[at]!;
      const choice = this.#enter(backend, nowMs, admission);
      if (choice !== null) return choice;
      // Full, or another thread took the last trial of a half-open circuit. Remove all full ones too: one check each,
      // instead of one strategy pick each.
      candidates = candidates.filter((each) => each !== backend && !this.#isFullNow(each));
    }
  }

  #enter(backend: PoolBackend, nowMs: number, admission: Admission): Choice | null {
    if (!this.#takeSlot(backend)) return null;
    const hasSlot = backend.maxInFlight !== null;
    const pass = admission.admit(backend.index, this.settings.circuitBreaker, nowMs);
    if (pass !== REFUSED) {
      if (this.#places !== null) this.#placements.countPicked(this.#index, this.#places.levelOf(backend));
      return { backend, pass, hasSlot, hasConnection: this.#usesConnection };
    }
    if (hasSlot) this.#row.returnSlot(backend.index);
    if (this.#usesConnection) this.#row.returnConnection(backend.index);
    return null;
  }

  /** A slot, and a connection to go with it. */
  #takeSlot({ index, maxInFlight }: PoolBackend): boolean {
    if (this.#lacksConnection(index)) return false;
    if (maxInFlight === null || this.#row.takeSlot(index, maxInFlight)) {
      if (this.#usesConnection) this.#row.takeConnection(index);
      return true;
    }
    this.#isFull = true;
    return false;
  }

  #lacksConnection(index: number): boolean {
    if (!this.#usesConnection || !this.#row.hasNoConnection(index, this.#maxRequests)) return false;
    this.#isFull = true;
    this.#hasNoConnection = true;
    return true;
  }

  #isFullNow({ index, maxInFlight }: PoolBackend): boolean {
    if (this.#lacksConnection(index)) return true;
    if (maxInFlight === null || !this.#table.isFull(index, maxInFlight)) return false;
    this.#isFull = true;
    return true;
  }

  /**
   * Panic: a backend that is down, ejected or behind an open circuit is better than none; never one that an operator
   * took out.
   */
  #pickAny(keyHash: number, tried: readonly PoolBackend[], admission: Admission): Choice | null {
    const open = this.backends.filter(
      ({ index }) =>
        this.#table.isEnabled(index) &&
        !this.#table.isDraining(index) &&
        !this.#table.isUnresolved(index) &&
        !this.#table.isUnproven(index) &&
        !admission.isForcedOpen(index, this.#pickMs),
    );
    let candidates = without(tried, open);
    for (;;) {
      const at = this.#chooser.pick(candidates, keyHash);
      if (at === -1) return null;
      this.#chooser = this.#secondChoice;
      const backend = candidates[at]!;
      const hasSlot = backend.maxInFlight !== null;
      if (this.#takeSlot(backend)) {
        const pass = admission.bypass(backend.index);
        return { backend, pass, hasSlot, hasConnection: this.#usesConnection };
      }
      candidates = candidates.filter((each) => each !== backend && !this.#isFullNow(each));
    }
  }

  available(nowMs: number): readonly PoolBackend[] {
    const version = this.#table.availabilityVersion;
    if (version !== this.#version || nowMs >= this.#staleAtMs) this.#refresh(version, nowMs);
    return this.#available;
  }

  /** What part of the requests goes to backends of each level; null: it does not matter how near they are. */
  localityReport(nowMs: number): readonly LocalityReport[] | null {
    const places = this.#places;
    if (places === null) return null;
    this.available(nowMs);
    return LOCALITY_LEVELS.map((locality, level) => ({
      locality,
      share: places.shares[level]!,
      backends: this.backends.filter((backend) => places.levelOf(backend) === level).map(({ id }) => id),
    })).filter(({ backends }) => backends.length > 0);
  }

  /** Changes whenever the list of available backends may have. */
  refreshes(nowMs: number): number {
    this.available(nowMs);
    return this.#refreshes;
  }

  /** How much of it can take requests. Its own backups come before any fallback: with one available, it is whole. */
  capacity(nowMs: number): LevelCapacity {
    const all = this.available(nowMs);
    const available = all.reduce((sum, { weight }) => sum + weight, 0);
    if (this.#spare.length > 0 || all[0]?.isBackup === true) return { available, configured: available, count: 1 };
    let configured = 0;
    for (const { isBackup, index, at } of this.backends) {
      if (!isBackup && this.#table.isEnabled(index)) configured += this.#weights[at] ?? 1;
    }
    return { available, configured, count: all.length };
  }

  /** A request of this pool goes to its fallback. */
  countFallback(): void {
    this.#placements.countFallback(this.#index);
  }

  /**
   * Time until a circuit or an ejection expires, at least a second; undefined when neither is what makes backends
   * unavailable.
   */
  retryAfterMs(nowMs: number): number | undefined {
    this.available(nowMs);
    return this.#staleAtMs === Infinity ? undefined : Math.max(1000, this.#staleAtMs - nowMs);
  }

  #refresh(version: number, nowMs: number): void {
    const { circuitBreaker, healthCheck } = this.settings;
    const open: PoolBackend[] = [];
    let staleAtMs = Infinity;
    for (const backend of this.backends) {
      const { index } = backend;
      if (unavailableReason(this.#table, index, circuitBreaker, nowMs) === null) {
        const weight = this.#table.weight(index);
        open.push(weight === backend.weight ? backend : Object.assign(backend, { weight }));
      }
      for (const at of [this.#table.ejectedUntil(index), this.#table.openUntil(index)]) {
        if (at > nowMs && at < staleAtMs) staleAtMs = at;
      }
    }
    // A backend without any probe result yet gets traffic only when no other does.
    const known = (backends: readonly PoolBackend[]): readonly PoolBackend[] => {
      if (!healthCheck.enabled) return backends;
      const probed = backends.filter(({ index }) => this.#table.health(index) !== 'unknown');
      return probed.length > 0 ? probed : backends;
    };
    const regular = open.filter(({ isBackup }) => !isBackup);
    const backups = regular.length === open.length ? NONE : known(open.filter(({ isBackup }) => isBackup));
    this.#available = regular.length > 0 ? known(regular) : backups;
    this.#spare = regular.length > 0 ? backups : NONE;
    this.#places?.refresh(this.backends, this.#available, this.#weights);
    this.#refreshes += 1;
    this.#version = version;
    this.#staleAtMs = staleAtMs;
  }
}

/** No failure is held against a backend for longer: after that its latency counts as unknown, too. */
const MAX_LINGER_MS = LATENCY_STALE_MS;
/** Maximum age of the cached latencies of all backends. */
const MEASURE_MS = 100;

const NONE: readonly PoolBackend[] = [];

function without(tried: readonly PoolBackend[], backends: readonly PoolBackend[]): readonly PoolBackend[] {
  return tried.length === 0 ? backends : backends.filter((backend) => !tried.includes(backend));
}

function weightsOf({ settings }: SnapshotPool): readonly number[] {
  return settings.backends.map(({ weight }) => weight);
}

function withoutAddresses({ addresses: _, ...rest }: SnapshotBackend): Omit<SnapshotBackend, 'addresses'> {
  return rest;
}

function connectionKey({ id, url, index }: SnapshotBackend, pool: PoolSettings, tlsKey: string): string {
  const { maxConnections, maxResponseHeadBytes, keepAliveMs, insecureSkipTlsVerify, timeouts, protocol, http2 } = pool;
  const numbers = [maxConnections, maxResponseHeadBytes, keepAliveMs, timeouts.connectMs, timeouts.responseMs];
  const ofHttp2 = protocol === 'http1' ? [] : [protocol, ...Object.values(http2), pool.connectionWaitMs];
  // With another process behind the URL, it is another slot.
  return [id, url, index, ...numbers, insecureSkipTlsVerify, tlsKey, ...ofHttp2].join(' ');
}

function digest(value: object): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}
