/** Adds the shared tables up into the reports that operators read (src/telemetry/control/reports.ts). */
import type { Settings } from '../../config/settings.ts';
import type { Snapshot, SnapshotRoute } from '../../config/snapshot.ts';
import { ALERT_THRESHOLDS } from '../core/alert-thresholds.ts';
import { HISTOGRAM_CELLS } from '../../core/histogram.ts';
import { round } from '../../core/round.ts';
import { limitPolicies } from '../../limits/limit-policy.ts';
import { repeat } from '../../runtime/repeat.ts';
import { DURATION_OF, GONE_ROUTES, NO_ROUTE, type RouteTotals, THREAD_COUNTER } from '../../runtime/metrics-table.ts';
import type { RateLimiter } from '../../limits/rate-limiter.ts';
import type {
  BackendReport,
  GatewayReport,
  RouteFigures,
  RouteReport,
  StatusCounts,
  Telemetry,
  ThreadReport,
} from './reports.ts';
import type { LimiterReport } from '../../limits/limit-reports.ts';
import { type BackendReportPorts, BackendReports } from './backend-reports.ts';
import { HistogramWindow, percentilesOf, windowOf } from './histogram-window.ts';
import { RateWindow } from './rate-window.ts';

/** Live rates look this far back: short enough to follow, long enough not to flicker. */
const RATE_SECONDS = 3;
/** Shares of errors and refusals look this far back. */
const SHARE_SECONDS = 60;
const SAMPLE_MS = 1000;
const SAMPLES_PER_ROTATION = 10;
/** Slots of the client table that are counted at once. */
const COUNTED_SLOTS = 262_144;

export interface TelemetryPorts extends BackendReportPorts {
  readonly limiter: RateLimiter;
  readonly version: string;
  readonly settings: () => Settings;
  readonly snapshot: () => Snapshot;
  /** Rows of removed routes that still count towards the totals. */
  readonly retiredRoutes: () => readonly number[];
  readonly threads: () => readonly Pick<ThreadReport, 'index' | 'state' | 'restarts' | 'snapshot'>[];
  readonly registeredClients: () => number;
  readonly database: () => GatewayReport['database'];
  readonly configuration: () => GatewayReport['configuration'];
  readonly exporters: () => GatewayReport['exporters'];
}

export class GatewayTelemetry implements Telemetry {
  readonly #ports: TelemetryPorts;
  readonly #backends: BackendReports;
  readonly #rates = new RateWindow(60);
  readonly #answers = new RateWindow(SHARE_SECONDS);
  readonly #errors = new RateWindow(SHARE_SECONDS);
  readonly #decisions = new RateWindow(SHARE_SECONDS);
  readonly #routeWindows = new Map<number, HistogramWindow>();
  readonly #total = new HistogramWindow();
  readonly #activeBySegment: number[] = [];
  #nextSegment = 0;
  #stop: (() => Promise<void>) | null = null;
  #samples = 0;

  constructor(ports: TelemetryPorts) {
    this.#ports = ports;
    this.#backends = new BackendReports(ports);
  }

  start(): void {
    this.sample();
    this.#stop = repeat(() => this.sample(), SAMPLE_MS);
  }

  stop(): void {
    void this.#stop?.();
  }

  /** One reading of the counters, about once a second: the basis of rates and windows. */
  sample(): void {
    const { tables } = this.#ports;
    const requests: number[] = [];
    const answers: number[] = [];
    const errors: number[] = [];
    for (const index of this.#rows()) {
      const totals = tables.metrics.route(index);
      requests[index] = totals.requests;
      answers[index] = answersOf(totals);
      errors[index] = errorsOf(totals);
    }
    const nowMs = tables.clock.nowMs();
    this.#rates.sample(requests, nowMs);
    this.#answers.sample(answers, nowMs);
    this.#errors.sample(errors, nowMs);
    this.#decisions.sample(this.#decisionCounts(), nowMs);
    this.#countSegment(nowMs);
    if (this.#samples % SAMPLES_PER_ROTATION === 0) this.#rotate();
    this.#samples += 1;
  }

  report(): GatewayReport {
    const { tables, snapshot, version, threads, database } = this.#ports;
    const { clock, metrics } = tables;
    const nowMs = clock.nowMs();
    const current = snapshot();
    const routes = current.routes.map((route) => this.#route(route, nowMs));
    const others = [...this.#ports.retiredRoutes(), NO_ROUTE].map((row) => this.#figures([row], '', nowMs));
    const all = [...routes, ...others];
    const gone = metrics.route(GONE_ROUTES);
    return {
      at: clock.wallMs(nowMs),
      uptimeSeconds: Math.round(nowMs) / 1000,
      version,
      snapshot: current.version,
      requestsTotal: sum(all, (route) => route.requestsTotal) + gone.requests,
      ownAnswersTotal: sum(all, (route) => route.ownAnswersTotal) + gone.ownAnswers,
      requestsPerSecond: round(sum(all, (route) => route.requestsPerSecond)),
      requestsPerMinute: this.#requestsPerMinute(nowMs),
      inFlight: sum(this.#rows(), (row) => metrics.route(row).inFlight),
      statuses: addStatuses([...all.map((route) => route.statuses), statusCounts(gone.statuses)]),
      duration: this.#total.percentiles(this.#totalHistogram()),
      retriesTotal: metrics.total(THREAD_COUNTER.retries),
      cache: metrics.cache(),
      pools: current.pools.map(({ settings, index }) => ({
        name: settings.name,
        queued: tables.queues.length(index),
        fullTotal: tables.queues.refused(index),
        placed: settings.locality.prefer === 'off' ? null : tables.placements.picked(index),
        fallbackTotal: settings.fallback === null ? null : tables.placements.fallbacks(index),
      })),
      backends: this.backends(),
      routes,
      limiter: this.#limiter(nowMs),
      threads: threads().map((thread) => ({
        index: thread.index,
        state: thread.state,
        restarts: thread.restarts,
        snapshot: thread.snapshot,
        connections: metrics.level(thread.index, THREAD_COUNTER.connections),
        tunnels: metrics.level(thread.index, THREAD_COUNTER.tunnels),
        refusedConnections: metrics.level(thread.index, THREAD_COUNTER.refusedConnections),
      })),
      database: database(),
      configuration: this.#ports.configuration(),
      exporters: this.#ports.exporters(),
    };
  }

  backends(): readonly BackendReport[] {
    const nowMs = this.#ports.tables.clock.nowMs();
    return this.#ports
      .snapshot()
      .pools.flatMap((pool) => pool.backends.map((_, at) => this.#backends.report(pool, at, nowMs)));
  }

  backend(id: string): BackendReport | undefined {
    for (const pool of this.#ports.snapshot().pools) {
      const at = pool.backends.findIndex((backend) => backend.id === id);
      if (at !== -1) return this.#backends.report(pool, at, this.#ports.tables.clock.nowMs());
    }
    return undefined;
  }

  forgetBackend(id: string): void {
    const all = this.#ports.snapshot().pools.flatMap(({ backends }) => backends);
    for (const backend of all) if (backend.id === id) this.#backends.forget(backend.index);
  }

  limiter(): LimiterReport {
    return this.#limiter(this.#ports.tables.clock.nowMs());
  }

  #requestsPerMinute(nowMs: number): number {
    const { tables } = this.#ports;
    const perSecond = sum(this.#rows(), (row) =>
      this.#rates.perSecond(row, tables.metrics.route(row).requests, 60, nowMs),
    );
    return Math.round(perSecond * Math.min(60, nowMs / 1000));
  }

  #route({ index, settings: { name, pool }, shares = [] }: SnapshotRoute, nowMs: number): RouteReport {
    return {
      name,
      ...this.#figures([index, ...shares.map((share) => share.index)], pool ?? '', nowMs),
      shares: shares.map((share) => this.#figures([share.index], share.pool, nowMs)),
    };
  }

  /** @param rows the first of them keeps the window of all. */
  #figures(rows: readonly number[], pool: string, nowMs: number): RouteFigures {
    const { metrics } = this.#ports.tables;
    const all = rows.map((row) => metrics.route(row));
    const histogram = this.#histogram(rows);
    const rate = (window: RateWindow, count: (totals: RouteTotals) => number, seconds: number): number =>
      rows.reduce((total, row, at) => total + window.perSecond(row, count(all[at]!), seconds, nowMs), 0);
    const answers = rate(this.#answers, answersOf, SHARE_SECONDS);
    const errors = rate(this.#errors, errorsOf, SHARE_SECONDS);
    return {
      pool,
      requestsTotal: sum(all, ({ requests }) => requests),
      ownAnswersTotal: sum(all, ({ ownAnswers }) => ownAnswers),
      errorShare: shareOf(errors, answers),
      requestsPerSecond: round(rate(this.#rates, ({ requests }) => requests, RATE_SECONDS)),
      statuses: addStatuses(all.map(({ statuses }) => statusCounts(statuses))),
      duration: percentilesOf(this.#routeWindows, rows[0]!, histogram),
    };
  }

  #histogram(rows: readonly number[]): Float64Array {
    const histogram = new Float64Array(HISTOGRAM_CELLS);
    for (const row of rows) this.#ports.tables.metrics.addHistogram(row, DURATION_OF.forwarded, histogram);
    return histogram;
  }

  #limiter(nowMs: number): LimiterReport {
    const { tables, limiter, settings, registeredClients } = this.#ports;
    const { metrics, clients } = tables;
    const { rateLimit } = settings();
    const globalTokens = limiter.globalTokens(limitPolicies(rateLimit), nowMs);
    return {
      enabled: rateLimit.enabled,
      dryRun: rateLimit.dryRun,
      allowedTotal: metrics.total(THREAD_COUNTER.allowed),
      refusedTotal: metrics.total(THREAD_COUNTER.refused),
      refusedGlobalTotal: metrics.total(THREAD_COUNTER.refusedGlobal),
      refusedRouteTotal: metrics.total(THREAD_COUNTER.refusedRoute),
      laterRefusals: metrics.laterRefusals(),
      answerCosts: metrics.answerCosts(),
      deniedTotal: metrics.total(THREAD_COUNTER.denied),
      wouldRefuseTotal: metrics.total(THREAD_COUNTER.wouldRefuse),
      allowlistedTotal: metrics.total(THREAD_COUNTER.allowlisted),
      activeClients: this.#activeClients(nowMs),
      registeredClients: registeredClients(),
      tableSlots: clients.slots,
      globalTokens: globalTokens === null ? null : round(globalTokens),
      refusedShare: this.#refusedShare(nowMs),
    };
  }

  #refusedShare(nowMs: number): number | null {
    const [all, refused] = this.#decisionCounts();
    const perSecond = (at: number, now: number): number => this.#decisions.perSecond(at, now, SHARE_SECONDS, nowMs);
    return shareOf(perSecond(1, refused), perSecond(0, all));
  }

  /** The limiter's decisions since start: all of them, and refusals. */
  #decisionCounts(): [all: number, refused: number] {
    const { metrics } = this.#ports.tables;
    const count = (name: keyof typeof THREAD_COUNTER): number => metrics.total(THREAD_COUNTER[name]);
    const refused = count('refused') + count('refusedGlobal') + count('refusedRoute');
    return [count('allowed') + count('allowlisted') + refused, refused];
  }

  /** A table of millions is counted in segments, one per sample: the number lags a few seconds behind. */
  #activeClients(nowMs: number): number {
    const { clients } = this.#ports.tables;
    if (clients.length <= COUNTED_SLOTS) return clients.countActive(0, clients.length, nowMs);
    return sum(this.#activeBySegment, (count) => count);
  }

  #countSegment(nowMs: number): void {
    const { clients } = this.#ports.tables;
    if (clients.length <= COUNTED_SLOTS) return;
    const from = this.#nextSegment * COUNTED_SLOTS;
    const to = Math.min(clients.length, from + COUNTED_SLOTS);
    this.#activeBySegment[this.#nextSegment] = clients.countActive(from, to, nowMs);
    this.#nextSegment = to === clients.length ? 0 : this.#nextSegment + 1;
  }

  #rotate(): void {
    const { routes, pools } = this.#ports.snapshot();
    const windows = new Map<number, readonly number[]>();
    for (const { index, shares = [] } of routes) {
      windows.set(index, [index, ...shares.map((share) => share.index)]);
      for (const share of shares) windows.set(share.index, [share.index]);
    }
    for (const [row, rows] of windows) windowOf(this.#routeWindows, row).rotate(this.#histogram(rows));
    // A row will be another route's: what it counted before must not be its baseline.
    for (const row of this.#routeWindows.keys()) if (!windows.has(row)) this.#routeWindows.delete(row);
    this.#backends.rotate(pools.flatMap((pool) => pool.backends));
    this.#total.rotate(this.#totalHistogram());
  }

  /** Of all requests except those of routes removed long ago: the rows that rates are computed from. */
  #rows(): number[] {
    const { snapshot, retiredRoutes } = this.#ports;
    const current = snapshot().routes.flatMap(({ index, shares = [] }) => [index, ...shares.map((each) => each.index)]);
    return [...current, ...retiredRoutes(), NO_ROUTE];
  }

  #totalHistogram(): Float64Array {
    return this.#histogram([...this.#rows(), GONE_ROUTES]);
  }
}

/** Completed requests, clients that left included. */
function answersOf({ statuses }: RouteTotals): number {
  return statuses.reduce((total, count) => total + count, 0);
}

function errorsOf({ statuses }: RouteTotals): number {
  return statuses[4]!;
}

/** Of this many per second; null: too few to judge. */
function shareOf(part: number, all: number): number | null {
  return all < ALERT_THRESHOLDS.minRequestsPerSecond ? null : round(Math.min(1, part / all));
}

function statusCounts(counts: readonly number[]): StatusCounts {
  const [one, two, three, four, five, aborted] = counts as [number, number, number, number, number, number];
  return { '1xx': one, '2xx': two, '3xx': three, '4xx': four, '5xx': five, aborted };
}

function addStatuses(all: readonly StatusCounts[]): StatusCounts {
  const keys = ['1xx', '2xx', '3xx', '4xx', '5xx', 'aborted'] as const;
  return statusCounts(keys.map((key) => sum(all, (counts) => counts[key])));
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
