/**
 * Keeps the metrics of the gateway, and of each backend, for the charts: the gateway's for a day, which HistoryFile stores,
 * and a backend's for an hour. All in typed arrays of a fixed size: about 13 KiB a backend, so 13 MiB for 1,000.
 */
import { round } from '../../core/round.ts';
import { SeriesTable } from '../../core/series.ts';
import { repeat } from '../../runtime/repeat.ts';
import { type BackendSpan, type HistorySpan, SPAN_SECONDS } from '../core/telemetry-vocabulary.ts';
import type { HistoryFile } from './history-file.ts';
import {
  HISTORY_FIELDS,
  HISTORY_INTERVALS,
  HISTORY_LEVELS,
  type HistoryPoint,
  type MetricsHistory,
  type StorageState,
} from './history-points.ts';
import type { GatewayReport } from './reports.ts';

const SAMPLE_MS = 1000;
/** Not a backend id, because those are not empty. */
const TOTAL = '';
const OFF: StorageState = { isStored: false, problem: null };

/** Counters since start, and current gauges. */
interface Sample {
  readonly requests: number;
  readonly errors: number;
  readonly refused: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly inFlight: number;
}

interface Level {
  readonly seconds: number;
  readonly total: SeriesTable;
  /** Null: none are kept. */
  readonly backends: SeriesTable | null;
  /** The counters at the last point, by key. */
  before: Map<string, Sample>;
  at: number;
}

export class KeptMetricsHistory implements MetricsHistory {
  readonly #report: () => GatewayReport;
  readonly #file: HistoryFile | null;
  readonly #levels: readonly Level[];
  #samples = 0;
  #stop: (() => Promise<void>) | null = null;

  /** @param file null: a restart clears the history */
  constructor(report: () => GatewayReport, file: HistoryFile | null = null) {
    this.#report = report;
    this.#file = file;
    this.#levels = HISTORY_LEVELS.map(({ seconds, points, backendPoints }) => ({
      seconds,
      total: new SeriesTable(points, HISTORY_FIELDS),
      backends: backendPoints === 0 ? null : new SeriesTable(backendPoints, HISTORY_FIELDS),
      before: new Map(),
      at: 0,
    }));
  }

  start(): void {
    const report = this.#report();
    this.#restore(report.at);
    this.sample(report);
    this.#stop = repeat(() => this.sample(this.#report()), SAMPLE_MS);
    this.#file?.start();
  }

  async stop(): Promise<void> {
    await this.#stop?.();
    await this.#file?.stop();
  }

  /** Once a second. The first call makes no point: rates need two. */
  sample(report: GatewayReport): void {
    const samples = samplesOf(report);
    for (const [at, level] of this.#levels.entries()) {
      if (this.#samples % level.seconds !== 0) continue;
      const figures = addPoint(level, samples, report.at);
      if (figures !== null) this.#file?.put(at, { at: report.at, figures });
    }
    this.#samples += 1;
  }

  total(span: HistorySpan): readonly HistoryPoint[] {
    return pointsOf(this.#level(span).total, TOTAL, span);
  }

  backend(id: string, span: BackendSpan): readonly HistoryPoint[] {
    return pointsOf(this.#level(span).backends!, id, span);
  }

  storage(): StorageState {
    return this.#file?.storage() ?? OFF;
  }

  #level(span: HistorySpan): Level {
    return this.#levels.find(({ seconds }) => seconds === HISTORY_INTERVALS[span])!;
  }

  #restore(nowMs: number): void {
    for (const [level, points] of this.#file?.restore(nowMs).entries() ?? []) {
      const { total } = this.#levels[level]!;
      for (const { at, figures } of points) {
        total.begin(at);
        figures.forEach((value, field) => total.set(TOTAL, field, value));
      }
    }
  }
}

/** Also of the gateway, which is returned; null: no point was added. */
function addPoint(level: Level, samples: ReadonlyMap<string, Sample>, at: number): readonly number[] | null {
  const { total, backends, before } = level;
  const seconds = (at - level.at) / 1000;
  level.before = new Map(samples);
  level.at = at;
  // The clock was set back, or this is the first.
  if (before.size === 0 || !(seconds > 0)) return null;
  const figures = figuresOf(samples.get(TOTAL)!, before.get(TOTAL), seconds);
  total.begin(at);
  figures.forEach((value, field) => total.set(TOTAL, field, value));
  if (backends !== null) {
    backends.begin(at);
    for (const [key, now] of samples) {
      if (key === TOTAL) continue;
      figuresOf(now, before.get(key), seconds).forEach((value, field) => backends.set(key, field, value));
    }
    backends.keep(new Set(samples.keys()));
  }
  return figures;
}

/** In the order of HISTORY_FIELDS. */
function figuresOf(now: Sample, then: Sample | undefined, seconds: number): readonly number[] {
  const grown = (name: 'requests' | 'errors' | 'refused'): number =>
    then === undefined ? NaN : Math.max(0, now[name] - then[name]);
  const requests = grown('requests');
  const errors = grown('errors');
  const rates = [requests / seconds, errors / seconds, grown('refused') / seconds];
  // Without a request there is no share.
  return [...rates, now.p50 ?? NaN, now.p95 ?? NaN, now.p99 ?? NaN, now.inFlight, errors / requests];
}

/** Oldest first. Times rise: what a clock that was set back has overtaken is left out. */
function pointsOf(table: SeriesTable, key: string, span: HistorySpan): readonly HistoryPoint[] {
  const all = table.read(key);
  const oldest = (all.at(-1)?.at ?? 0) - SPAN_SECONDS[span] * 1000;
  let next = Infinity;
  const kept = all.toReversed().filter(({ at }) => {
    if (at >= next || at <= oldest) return false;
    next = at;
    return true;
  });
  return kept.toReversed().map(({ at, figures }) => {
    const [requests, errors, refused, p50, p95, p99, inFlight, errorRate] = Array.from(figures, numberOrNull);
    return {
      at,
      requestsPerSecond: requests!,
      errorsPerSecond: errors!,
      refusedPerSecond: refused!,
      p50: p50!,
      p95: p95!,
      p99: p99!,
      inFlight: inFlight!,
      errorRate: errorRate!,
    };
  });
}

function samplesOf(report: GatewayReport): Map<string, Sample> {
  const { limiter, duration, backends } = report;
  const samples = new Map<string, Sample>();
  samples.set(TOTAL, {
    requests: report.requestsTotal,
    errors: report.statuses['5xx'],
    refused: limiter.refusedTotal + limiter.refusedGlobalTotal + limiter.refusedRouteTotal,
    ...duration,
    inFlight: report.inFlight,
  });
  for (const { id, requestsTotal, failuresTotal, p50, p95, p99, inFlight } of backends) {
    samples.set(id, { requests: requestsTotal, errors: failuresTotal, refused: 0, p50, p95, p99, inFlight });
  }
  return samples;
}

/** Typed arrays hold float32: without rounding, 0.1 would read 0.10000000149. */
function numberOrNull(value: number): number | null {
  return Number.isFinite(value) ? round(value) : null;
}
