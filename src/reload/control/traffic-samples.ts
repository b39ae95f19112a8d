/** Readings of the counters in shared memory, as slices of traffic: what the watch after a change is judged by. */
import { HISTOGRAM_CELLS } from '../../core/histogram.ts';
import { GRPC } from '../../grpc/core/grpc-status.ts';
import {
  DURATION_OF,
  type MetricsTable,
  NO_ROUTE,
  type RouteTotals,
  THREAD_COUNTER,
} from '../../runtime/metrics-table.ts';
import type { RouteTraffic, TrafficSlice } from '../core/traffic-slice.ts';

/** Between two readings while nothing is watched, ms. */
export const SAMPLE_MS = 5000;
/** How far back the time before a change goes, ms. */
const BEFORE_MS = 60_000;
/** Of a watch that is short, there are more. */
const MAX_SLICES = 100;

export interface SamplePorts {
  readonly metrics: MetricsTable;
  /** Of the current snapshot: name and row. */
  readonly routes: () => readonly { readonly name: string; readonly index: number }[];
  readonly nowMs: () => number;
}

/** Since the row was given to the route. */
interface Counts {
  readonly requests: number;
  readonly failed: number;
  readonly histogram: Float64Array;
}

interface TimedSlice {
  readonly atMs: number;
  readonly slice: TrafficSlice;
}

/** Answers of a backend that failed although HTTP succeeded, or that was the wrong one. */
const FAILED_CALLS = [GRPC.unknown, GRPC.deadlineExceeded, GRPC.unimplemented, GRPC.internal, GRPC.unavailable];
const REFUSALS = ['refused', 'refusedGlobal', 'refusedRoute', 'denied'] as const;

export class TrafficSamples {
  readonly #ports: SamplePorts;
  readonly #kept: TimedSlice[] = [];
  readonly #listeners = new Set<(slice: TrafficSlice) => void>();
  #last = new Map<string, Counts>();
  #lastUnrouted: number;
  #lastRefused: number;
  #lastMs: number;

  constructor(ports: SamplePorts) {
    this.#ports = ports;
    this.#lastMs = ports.nowMs();
    this.#lastUnrouted = this.#unrouted();
    this.#lastRefused = this.#refused();
  }

  /** @returns ends it */
  onSlice(listener: (slice: TrafficSlice) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Ends a slice, and begins the next one. An idle route costs one look at its row. */
  take(): void {
    const nowMs = this.#ports.nowMs();
    const routes = new Map<string, RouteTraffic>();
    const seen = new Map<string, Counts>();
    for (const { name, index } of this.#ports.routes()) {
      const before = this.#last.get(name);
      const counts = this.#countsOf(index, before);
      seen.set(name, counts);
      if (counts === before || counts.requests === 0) continue;
      routes.set(name, difference(counts, before));
    }
    const [unrouted, refused] = [this.#unrouted(), this.#refused()];
    const slice: TrafficSlice = {
      durationMs: nowMs - this.#lastMs,
      routes,
      // Some of them had a route: then it is a few too low.
      unrouted: Math.max(0, unrouted - this.#lastUnrouted - (refused - this.#lastRefused)),
    };
    this.#last = seen;
    [this.#lastUnrouted, this.#lastRefused, this.#lastMs] = [unrouted, refused, nowMs];
    this.#kept.push({ atMs: nowMs, slice });
    while (this.#kept.length > MAX_SLICES || this.#kept[0]!.atMs <= nowMs - BEFORE_MS) this.#kept.shift();
    for (const listener of this.#listeners) listener(slice);
  }

  /** Of the last minute. */
  recent(): readonly TrafficSlice[] {
    return this.#kept.map(({ slice }) => slice);
  }

  /** The same object if nothing has ended since. */
  #countsOf(index: number, before: Counts | undefined): Counts {
    const { metrics } = this.#ports;
    const totals = metrics.route(index);
    const requests = ended(totals);
    if (before?.requests === requests) return before;
    const calls = metrics.calls(index);
    const failedCalls = FAILED_CALLS.reduce((sum, status) => sum + calls[status]!, 0);
    const histogram = new Float64Array(HISTOGRAM_CELLS);
    metrics.addHistogram(index, DURATION_OF.forwarded, histogram);
    const failed = totals.statuses[SERVER_ERRORS]! + totals.statuses[ABORTED]! + failedCalls;
    return { requests, failed: Math.min(requests, failed), histogram };
  }

  #unrouted(): number {
    return this.#ports.metrics.route(NO_ROUTE).statuses[CLIENT_ERRORS]!;
  }

  #refused(): number {
    return REFUSALS.reduce((sum, name) => sum + this.#ports.metrics.total(THREAD_COUNTER[name]), 0);
  }
}

/** In `statuses` of RouteTotals. */
const CLIENT_ERRORS = 3;
const SERVER_ERRORS = 4;
const ABORTED = 5;

function ended({ statuses }: RouteTotals): number {
  return statuses.reduce((sum, count) => sum + count, 0);
}

/** A row that was given to another route in between has started at zero again. */
function difference(now: Counts, before: Counts | undefined): RouteTraffic {
  const from = before === undefined || before.requests > now.requests ? undefined : before;
  const durations = new Uint32Array(HISTOGRAM_CELLS);
  for (let cell = 0; cell < HISTOGRAM_CELLS; cell += 1) {
    durations[cell] = Math.max(0, now.histogram[cell]! - (from?.histogram[cell] ?? 0));
  }
  const requests = now.requests - (from?.requests ?? 0);
  return { requests, failed: Math.min(requests, Math.max(0, now.failed - (from?.failed ?? 0))), durations };
}
