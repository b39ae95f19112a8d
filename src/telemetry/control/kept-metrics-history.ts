/**
 * Keeps the metrics of the gateway, and of each backend, for the charts: 60 points of a second and 360 of ten. All in
 * typed arrays of a fixed size: about 12 KiB a backend, so 12 MiB for 1,000.
 */
import { round } from '../../core/round.ts';
import { SeriesTable } from '../../core/series.ts';
import { repeat } from '../../runtime/repeat.ts';
import type { GatewayReport } from './reports.ts';
import { HISTORY_SPANS, type HistorySpan } from '../core/telemetry-vocabulary.ts';
import { HISTORY_INTERVALS, type HistoryPoint, type MetricsHistory } from './history-points.ts';

const SAMPLE_MS = 1000;
const POINTS: Readonly<Record<HistorySpan, number>> = { '60s': 60, '1h': 360 };
const FIELDS = 8;
/** Not a backend id, because those are not empty. */
const TOTAL = '';

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

interface Series {
  readonly table: SeriesTable;
  /** The counters at the last point, by key. */
  before: Map<string, Sample>;
  at: number;
  samples: number;
}

export class KeptMetricsHistory implements MetricsHistory {
  readonly #report: () => GatewayReport;
  readonly #series: Readonly<Record<HistorySpan, Series>>;
  #stop: (() => Promise<void>) | null = null;

  constructor(report: () => GatewayReport) {
    this.#report = report;
    const series = (span: HistorySpan): Series => ({
      table: new SeriesTable(POINTS[span], FIELDS),
      before: new Map(),
      at: 0,
      samples: 0,
    });
    this.#series = { '60s': series('60s'), '1h': series('1h') };
  }

  start(): void {
    this.sample(this.#report());
    this.#stop = repeat(() => this.sample(this.#report()), SAMPLE_MS);
  }

  stop(): void {
    void this.#stop?.();
  }

  /** Once a second. The first call makes no point: rates need two. */
  sample(report: GatewayReport): void {
    const samples = samplesOf(report);
    for (const span of HISTORY_SPANS) {
      const series = this.#series[span];
      if (series.samples % HISTORY_INTERVALS[span] === 0) addPoint(series, samples, report.at);
      series.samples += 1;
    }
  }

  total(span: HistorySpan): readonly HistoryPoint[] {
    return this.#points(TOTAL, span);
  }

  backend(id: string, span: HistorySpan): readonly HistoryPoint[] {
    return this.#points(id, span);
  }

  #points(key: string, span: HistorySpan): readonly HistoryPoint[] {
    return this.#series[span].table.read(key).map(({ at, figures }) => {
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
}

function addPoint(series: Series, samples: Map<string, Sample>, at: number): void {
  const { table, before } = series;
  const seconds = (at - series.at) / 1000;
  series.before = samples;
  series.at = at;
  // The clock was set back, or this is the first.
  if (before.size === 0 || !(seconds > 0)) return;
  table.begin(at);
  for (const [key, now] of samples) {
    const then = before.get(key);
    const grown = (name: 'requests' | 'errors' | 'refused'): number =>
      then === undefined ? NaN : Math.max(0, now[name] - then[name]);
    const requests = grown('requests');
    const errors = grown('errors');
    const rates = [requests / seconds, errors / seconds, grown('refused') / seconds];
    const levels = [now.p50 ?? NaN, now.p95 ?? NaN, now.p99 ?? NaN, now.inFlight];
    // Without a request there is no share.
    [...rates, ...levels, errors / requests].forEach((value, field) => table.set(key, field, value));
  }
  table.keep(new Set(samples.keys()));
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
