/** What pools do, from the shared tables: a reading each second, and windows over these. */
import type { SnapshotPool } from '../../config/snapshot.ts';
import { HISTOGRAM_CELLS, percentile } from '../../core/histogram.ts';
import { type HistogramWindow, windowOf } from '../../telemetry/control/histogram-window.ts';
import { RateWindow } from '../../telemetry/control/rate-window.ts';
import type { SharedTables } from '../../threads/shared-memory.ts';

/** Long enough to smooth bursts, and half of what a HorizontalPodAutoscaler usually looks at. */
export const WINDOW_SECONDS = 30;
const SAMPLES_PER_ROTATION = 10;

export interface PoolFigures {
  /** Requests that backends have answered or failed, a second. */
  readonly requestsPerSecond: number;
  /** At backends, or waiting for one: the mean. */
  readonly inFlight: number;
  /** Time to first byte over the last minute, ms; 0: no request; null: requests, but no answer. */
  readonly p95Ms: number | null;
}

/** What traffic is read from. */
export type TrafficTables = Pick<SharedTables, 'backends' | 'queues' | 'clock'>;

export class TrafficMeter {
  readonly #tables: TrafficTables;
  /** Requests, by slot of the backend. */
  readonly #requests = new RateWindow(WINDOW_SECONDS);
  /** In flight, by pool: the latest last. */
  readonly #inFlight = new Map<string, number[]>();
  /** By slot of the backend. */
  readonly #latencies = new Map<number, HistogramWindow>();
  #samples = 0;

  constructor(tables: TrafficTables) {
    this.#tables = tables;
  }

  /** About once a second. @param pools those whose figures are asked for. */
  sample(pools: readonly SnapshotPool[]): void {
    const { backends: table, queues, clock } = this.#tables;
    const counts: number[] = [];
    for (const { settings, index, backends } of pools) {
      let running = queues.length(index);
      for (const { index: slot } of backends) {
        counts[slot] = this.#count(slot);
        running += table.inFlight(slot);
        // What its slot counted before is not of the last minute.
        if (!this.#latencies.has(slot)) windowOf(this.#latencies, slot).rotate(this.#histogram(slot));
      }
      const kept = this.#inFlight.get(settings.name) ?? [];
      kept.push(running);
      if (kept.length > WINDOW_SECONDS) kept.shift();
      this.#inFlight.set(settings.name, kept);
    }
    this.#requests.sample(counts, clock.nowMs());
    if (this.#samples % SAMPLES_PER_ROTATION === 0) this.#rotate(pools);
    this.#samples += 1;
  }

  read({ settings, backends }: SnapshotPool): PoolFigures {
    const nowMs = this.#tables.clock.nowMs();
    const inFlight = this.#inFlight.get(settings.name) ?? [];
    const answers = new Float64Array(HISTOGRAM_CELLS);
    let requestsPerSecond = 0;
    for (const { index } of backends) {
      requestsPerSecond += this.#requests.perSecond(index, this.#count(index), WINDOW_SECONDS, nowMs);
      const window = this.#latencies.get(index);
      if (window === undefined) continue;
      const recent = this.#histogram(index);
      window.subtract(recent);
      for (let cell = 0; cell < HISTOGRAM_CELLS; cell += 1) answers[cell]! += recent[cell]!;
    }
    const p95Us = percentile(answers, 0, 0.95);
    return {
      requestsPerSecond,
      inFlight: inFlight.reduce((sum, running) => sum + running, 0) / Math.max(1, inFlight.length),
      p95Ms: p95Us === null ? (requestsPerSecond === 0 ? 0 : null) : p95Us / 1000,
    };
  }

  #rotate(pools: readonly SnapshotPool[]): void {
    const slots = new Set(pools.flatMap(({ backends }) => backends.map(({ index }) => index)));
    for (const slot of slots) windowOf(this.#latencies, slot).rotate(this.#histogram(slot));
    for (const slot of this.#latencies.keys()) if (!slots.has(slot)) this.#latencies.delete(slot);
    const names = new Set(pools.map(({ settings }) => settings.name));
    for (const name of this.#inFlight.keys()) if (!names.has(name)) this.#inFlight.delete(name);
  }

  #count(index: number): number {
    const { backends: table } = this.#tables;
    return table.successes(index) + table.failures(index);
  }

  #histogram(index: number): Float64Array {
    const histogram = new Float64Array(HISTOGRAM_CELLS);
    this.#tables.backends.addHistogram(index, histogram);
    return histogram;
  }
}
