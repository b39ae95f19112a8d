/**
 * Counters and latency histograms in shared memory: one row per traffic thread, plain increments, no library. The
 * control thread adds the rows up on demand (gateway-telemetry.ts).
 */
import { bucketOf, HISTOGRAM_CELLS } from '../core/histogram.ts';
import { AUTH_FAILURES, type AuthFailure } from '../auth/core/auth-vocabulary.ts';
import {
  COST_RESULTS,
  COST_TOKENS,
  type CostResult,
  type CostTokens,
  type LaterRefusal,
  LATER_REFUSALS,
} from '../limits/core/limits-vocabulary.ts';
import { CACHE_COUNTERS, type CacheCounter } from '../policies/core/policies-vocabulary.ts';
import { type MirrorResult, MIRROR_RESULTS } from '../forwarding/core/forwarding-vocabulary.ts';
import { GRPC_STATUSES } from '../grpc/core/grpc-status.ts';
import { MAX_ROUTES } from './table-sizes.ts';

/** Counters of a thread as a whole. */
export const THREAD_COUNTER = {
  allowed: 0,
  refused: 1,
  refusedGlobal: 2,
  allowlisted: 3,
  overflow: 4,
  retries: 5,
  /** Not a counter but a gauge: open client connections. */
  connections: 6,
  /** A gauge: open tunnels, WebSockets most of them. */
  tunnels: 7,
  /** Connections refused by a limit, or for their PROXY protocol header. */
  refusedConnections: 8,
  /** Refused by a limit of the route. */
  refusedRoute: 9,
  /** Refused by the denylist. */
  denied: 10,
  /** Let through by a dry run, although a limit was used up. */
  wouldRefuse: 11,
  /** Log lines that were not consumed in time. */
  droppedLogLines: 12,
  /** A gauge: priorities below this are refused, 0 to 9. */
  sheddingLevel: 13,
} as const;
/** Requests that authentication refused, one cell for each reason. */
const AUTH_FAILURE_CELLS = 16;
/** Requests that a policy refused after the rate limits, one cell for each. */
const LATER_REFUSAL_CELLS = AUTH_FAILURE_CELLS + AUTH_FAILURES.length;
/** Of the response caches, one cell for each counter, then a gauge: bytes. */
const CACHE_CELLS = LATER_REFUSAL_CELLS + LATER_REFUSALS.length;
const CACHE_BYTES = CACHE_CELLS + CACHE_COUNTERS.length;
/** Copies of requests, one cell for each result. */
const MIRROR_CELLS = CACHE_BYTES + 1;
/** Answers whose cost is charged, by what is known of it; then their tokens. */
const COST_CELLS = MIRROR_CELLS + MIRROR_RESULTS.length;
const COST_TOKEN_CELLS = COST_CELLS + COST_RESULTS.length;
const THREAD_CELLS = COST_TOKEN_CELLS + COST_TOKENS.length;

/** Counters of a route in one thread: requests, then answers by class. */
const REQUESTS = 0;
const STATUS = 1;
const ABORTED = 6;
/** A gauge: running requests. */
const ROUTE_IN_FLIGHT = 7;
/** Sums of the durations that the two histograms count, ms. */
const DURATION_MS = 8;
/** Answers of the gateway's own. */
const OWN = 10;
/** Calls of gRPC by status. */
const CALLS = 11;
/** Of its response cache, one cell for each counter, then a gauge: bytes. */
const ROUTE_CACHE = CALLS + GRPC_STATUSES;
const ROUTE_CACHE_BYTES = ROUTE_CACHE + CACHE_COUNTERS.length;
const ROUTE_CELLS = ROUTE_CACHE_BYTES + 1;

/**
 * Whose durations a histogram counts: requests that were sent to a backend, or those that the gateway answered without
 * one (429, 404, 503 …). Separate, because refusals take microseconds: in a storm of them, a common median would
 * suggest that the backends are fast.
 */
export const DURATION_OF = { forwarded: 0, own: 1 } as const;
export type DurationOf = (typeof DURATION_OF)[keyof typeof DURATION_OF];
const ROUTE_HISTOGRAMS = 2;

export interface MetricsBuffers {
  readonly threads: number;
  readonly counters: SharedArrayBuffer;
  /** Float64, because a busy bucket would pass 2³² within days. */
  readonly histograms: SharedArrayBuffer;
}

/** Requests that match no route have a row of their own. */
export const NO_ROUTE = MAX_ROUTES;
/** Counts of removed routes: totals since the start must not fall after a reload. */
export const GONE_ROUTES = MAX_ROUTES + 1;
const ROWS = MAX_ROUTES + 2;

export function allocateMetrics(threads: number): MetricsBuffers {
  return {
    threads,
    counters: new SharedArrayBuffer(8 * threads * (THREAD_CELLS + ROWS * ROUTE_CELLS)),
    histograms: new SharedArrayBuffer(8 * threads * ROWS * ROUTE_HISTOGRAMS * HISTOGRAM_CELLS),
  };
}

export interface RouteTotals {
  requests: number;
  /** Those of them that the gateway answered without a backend. */
  ownAnswers: number;
  inFlight: number;
  /** Answers by class, 1xx..5xx at 0..4, clients that left at 5. */
  readonly statuses: number[];
}

/** Of routes whose answers have a cost. */
export interface AnswerCosts {
  readonly answers: Readonly<Record<CostResult, number>>;
  readonly tokens: Readonly<Record<CostTokens, number>>;
}

export class MetricsTable {
  readonly threads: number;
  readonly #counters: Float64Array;
  readonly #histograms: Float64Array;

  constructor(buffers: MetricsBuffers) {
    this.threads = buffers.threads;
    this.#counters = new Float64Array(buffers.counters);
    this.#histograms = new Float64Array(buffers.histograms);
  }

  // ---- written by one traffic thread

  count(thread: number, counter: number): void {
    this.#counters[thread * THREAD_CELLS + counter]! += 1;
  }

  countAuthFailure(thread: number, failure: AuthFailure): void {
    this.count(thread, AUTH_FAILURE_CELLS + AUTH_FAILURES.indexOf(failure));
  }

  countMirrored(thread: number, result: MirrorResult): void {
    this.count(thread, MIRROR_CELLS + MIRROR_RESULTS.indexOf(result));
  }

  countLaterRefusal(thread: number, policy: LaterRefusal): void {
    this.count(thread, LATER_REFUSAL_CELLS + LATER_REFUSALS.indexOf(policy));
  }

  countCache(thread: number, route: number, counter: CacheCounter): void {
    const at = CACHE_COUNTERS.indexOf(counter);
    this.count(thread, CACHE_CELLS + at);
    this.#counters[this.#routeRow(thread, route) + ROUTE_CACHE + at]! += 1;
  }

  setCacheBytes(thread: number, bytes: number): void {
    this.setLevel(thread, CACHE_BYTES, bytes);
  }

  setRouteCacheBytes(thread: number, route: number, bytes: number): void {
    this.#counters[this.#routeRow(thread, route) + ROUTE_CACHE_BYTES] = bytes;
  }

  countCost(thread: number, result: CostResult): void {
    this.count(thread, COST_CELLS + COST_RESULTS.indexOf(result));
  }

  addCostTokens(thread: number, kind: CostTokens, tokens: number): void {
    this.#counters[thread * THREAD_CELLS + COST_TOKEN_CELLS + COST_TOKENS.indexOf(kind)]! += tokens;
  }

  setLevel(thread: number, counter: number, value: number): void {
    this.#counters[thread * THREAD_CELLS + counter] = value;
  }

  started(thread: number, route: number): void {
    const row = this.#routeRow(thread, route);
    this.#counters[row + REQUESTS]! += 1;
    this.#counters[row + ROUTE_IN_FLIGHT]! += 1;
  }

  /** @param status 100..599; 0: the client left before the answer began. */
  ended(thread: number, route: number, status: number, durationMs: number, of: DurationOf): void {
    const row = this.#routeRow(thread, route);
    if (this.#counters[row + ROUTE_IN_FLIGHT]! > 0) this.#counters[row + ROUTE_IN_FLIGHT]! -= 1;
    const kind = status === 0 ? ABORTED : STATUS + Math.min(4, Math.max(0, ((status / 100) | 0) - 1));
    this.#counters[row + kind]! += 1;
    if (status !== 0) {
      this.#counters[row + OWN]! += of;
      this.#counters[row + DURATION_MS + of]! += durationMs;
      this.#histograms[this.#histogramRow(thread, route, of) + bucketOf(durationMs * 1000)]! += 1;
    }
  }

  /** @param status of gRPC, besides ended() */
  endedCall(thread: number, route: number, status: number): void {
    this.#counters[this.#routeRow(thread, route) + CALLS + status]! += 1;
  }

  // ---- the control thread

  /** A dead thread runs nothing any more. */
  releaseThread(thread: number): void {
    this.setLevel(thread, THREAD_COUNTER.connections, 0);
    this.setLevel(thread, THREAD_COUNTER.tunnels, 0);
    this.setLevel(thread, THREAD_COUNTER.sheddingLevel, 0);
    this.setCacheBytes(thread, 0);
    for (let route = 0; route <= MAX_ROUTES; route += 1) {
      this.#counters[this.#routeRow(thread, route) + ROUTE_IN_FLIGHT] = 0;
      this.setRouteCacheBytes(thread, route, 0);
    }
  }

  /** A route enters this row: nothing of an earlier one is left. */
  occupy(route: number): void {
    for (let thread = 0; thread < this.threads; thread += 1) {
      const row = this.#routeRow(thread, route);
      this.#counters.fill(0, row, row + ROUTE_CELLS);
      const histograms = this.#histogramRow(thread, route, 0);
      this.#histograms.fill(0, histograms, histograms + ROUTE_HISTOGRAMS * HISTOGRAM_CELLS);
    }
  }

  /** The route is gone for good and idle: its counts move to GONE_ROUTES, which no traffic thread writes. */
  fold(route: number): void {
    for (let thread = 0; thread < this.threads; thread += 1) {
      const [from, to] = [this.#routeRow(thread, route), this.#routeRow(thread, GONE_ROUTES)];
      for (let cell = 0; cell < ROUTE_CELLS; cell += 1) this.#counters[to + cell]! += this.#counters[from + cell]!;
      const [old, sum] = [this.#histogramRow(thread, route, 0), this.#histogramRow(thread, GONE_ROUTES, 0)];
      for (let cell = 0; cell < ROUTE_HISTOGRAMS * HISTOGRAM_CELLS; cell += 1)
        this.#histograms[sum + cell]! += this.#histograms[old + cell]!;
    }
    this.occupy(route);
  }

  total(counter: number): number {
    let sum = 0;
    for (let thread = 0; thread < this.threads; thread += 1) sum += this.level(thread, counter);
    return sum;
  }

  authFailures(): Record<AuthFailure, number> {
    const counts = AUTH_FAILURES.map((failure, at) => [failure, this.total(AUTH_FAILURE_CELLS + at)] as const);
    return Object.fromEntries(counts) as Record<AuthFailure, number>;
  }

  mirrored(): Record<MirrorResult, number> {
    const counts = MIRROR_RESULTS.map((result, at) => [result, this.total(MIRROR_CELLS + at)] as const);
    return Object.fromEntries(counts) as Record<MirrorResult, number>;
  }

  laterRefusals(): Record<LaterRefusal, number> {
    const counts = LATER_REFUSALS.map((policy, at) => [policy, this.total(LATER_REFUSAL_CELLS + at)] as const);
    return Object.fromEntries(counts) as Record<LaterRefusal, number>;
  }

  /** What all threads have counted, and the bytes that their caches take. */
  cache(): Record<CacheCounter | 'bytes', number> {
    const counts = CACHE_COUNTERS.map((counter, at) => [counter, this.total(CACHE_CELLS + at)] as const);
    return Object.fromEntries([...counts, ['bytes', this.total(CACHE_BYTES)]]) as Record<
      CacheCounter | 'bytes',
      number
    >;
  }

  /** The same of one route. */
  routeCache(route: number): Record<CacheCounter | 'bytes', number> {
    const total = (cell: number): number => {
      let sum = 0;
      for (let thread = 0; thread < this.threads; thread += 1)
        sum += this.#counters[this.#routeRow(thread, route) + cell]!;
      return sum;
    };
    const counts = CACHE_COUNTERS.map((counter, at) => [counter, total(ROUTE_CACHE + at)] as const);
    return Object.fromEntries([...counts, ['bytes', total(ROUTE_CACHE_BYTES)]]) as Record<
      CacheCounter | 'bytes',
      number
    >;
  }

  answerCosts(): AnswerCosts {
    const answers = COST_RESULTS.map((result, at) => [result, this.total(COST_CELLS + at)] as const);
    const tokens = COST_TOKENS.map((kind, at) => [kind, this.total(COST_TOKEN_CELLS + at)] as const);
    return {
      answers: Object.fromEntries(answers) as Record<CostResult, number>,
      tokens: Object.fromEntries(tokens) as Record<CostTokens, number>,
    };
  }

  level(thread: number, counter: number): number {
    return this.#counters[thread * THREAD_CELLS + counter]!;
  }

  route(route: number): RouteTotals {
    const totals: RouteTotals = { requests: 0, ownAnswers: 0, inFlight: 0, statuses: [0, 0, 0, 0, 0, 0] };
    for (let thread = 0; thread < this.threads; thread += 1) {
      const row = this.#routeRow(thread, route);
      totals.requests += this.#counters[row + REQUESTS]!;
      totals.ownAnswers += this.#counters[row + OWN]!;
      totals.inFlight += this.#counters[row + ROUTE_IN_FLIGHT]!;
      for (let kind = 0; kind < 6; kind += 1) totals.statuses[kind]! += this.#counters[row + STATUS + kind]!;
    }
    return totals;
  }

  /** Calls of gRPC by status. */
  calls(route: number): number[] {
    const calls = Array.from({ length: GRPC_STATUSES }, () => 0);
    for (let thread = 0; thread < this.threads; thread += 1) {
      const row = this.#routeRow(thread, route) + CALLS;
      for (let status = 0; status < GRPC_STATUSES; status += 1) calls[status]! += this.#counters[row + status]!;
    }
    return calls;
  }

  /** Of all requests of the histogram together. */
  durationMs(route: number, of: DurationOf): number {
    let sum = 0;
    for (let thread = 0; thread < this.threads; thread += 1) {
      sum += this.#counters[this.#routeRow(thread, route) + DURATION_MS + of]!;
    }
    return sum;
  }

  /** Adds the route's histogram over all threads to `into`, HISTOGRAM_CELLS long. */
  addHistogram(route: number, of: DurationOf, into: Float64Array): void {
    for (let thread = 0; thread < this.threads; thread += 1) {
      const row = this.#histogramRow(thread, route, of);
      for (let cell = 0; cell < HISTOGRAM_CELLS; cell += 1) into[cell]! += this.#histograms[row + cell]!;
    }
  }

  #routeRow(thread: number, route: number): number {
    return this.threads * THREAD_CELLS + (thread * ROWS + route) * ROUTE_CELLS;
  }

  #histogramRow(thread: number, route: number, of: DurationOf): number {
    return ((thread * ROWS + route) * ROUTE_HISTOGRAMS + of) * HISTOGRAM_CELLS;
  }
}
