/** Adds the shared tables up into the reports that operators read (src/state/reports.ts). */
import type { Settings } from '../config/settings.ts';
import type { Snapshot, SnapshotPool } from '../config/snapshot.ts';
import { CLOSED, FORCED_OPEN, stateName, stateOf, successesOf, trialsOf, tripsOf } from '../core/circuit-breaker.ts';
import { HISTOGRAM_CELLS } from '../core/histogram.ts';
import { opaqueId } from '../http/opaque-id.ts';
import { unavailableReason } from '../state/availability.ts';
import type { BackendOrigin } from '../state/backend-overlay.ts';
import { MAX_BACKENDS } from '../state/backend-table.ts';
import type { BackendCondition } from '../state/condition.ts';
import { GONE_ROUTES, NO_ROUTE, THREAD_COUNTER } from '../state/metrics-table.ts';
import { limitPolicies } from '../state/limit-policy.ts';
import type { RateLimiter } from '../state/rate-limiter.ts';
import type {
  BackendReport,
  CircuitReport,
  GatewayReport,
  LimiterReport,
  RouteReport,
  StatusCounts,
  Telemetry,
  ThreadReport,
} from '../state/reports.ts';
import type { SharedTables } from '../state/shared-memory.ts';
import { HistogramWindow } from './histogram-window.ts';
import { RateWindow } from './rate-window.ts';

/** Live rates look this far back: short enough to follow, long enough not to flicker. */
const RATE_SECONDS = 3;
const SAMPLE_MS = 1000;
const SAMPLES_PER_ROTATION = 10;
/** Slots of the client table that are counted anew for one report; the rest keep their last count. */
const COUNTED_SLOTS = 262_144;

export interface TelemetryPorts {
  readonly tables: SharedTables;
  readonly limiter: RateLimiter;
  readonly version: string;
  readonly settings: () => Settings;
  readonly snapshot: () => Snapshot;
  /** Rows of routes that are no longer configured, but still count for the totals. */
  readonly retiredRoutes: () => readonly number[];
  readonly threads: () => readonly Pick<ThreadReport, 'index' | 'state' | 'restarts' | 'snapshot'>[];
  readonly registeredClients: () => number;
  readonly probe: (backendId: string) => { readonly checkedAt: number; readonly error: string | null } | undefined;
  /** State, slow start, adaptation. */
  readonly condition: (backendId: string) => BackendCondition;
  readonly database: () => GatewayReport['database'];
  /** Of a backend in force. */
  readonly origin: (backendId: string) => BackendOrigin | undefined;
}

export class GatewayTelemetry implements Telemetry {
  readonly #ports: TelemetryPorts;
  readonly #rates = new RateWindow(60);
  readonly #routeWindows = new Map<number, HistogramWindow>();
  readonly #backendWindows = new Map<string, HistogramWindow>();
  readonly #total = new HistogramWindow();
  readonly #activeBySegment: number[] = [];
  /** By secret and backend id: made once, shown every second. */
  readonly #opaqueIds = new Map<string, string>();
  #nextSegment = 0;
  #timer: NodeJS.Timeout | null = null;
  #samples = 0;

  constructor(ports: TelemetryPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.sample();
    this.#timer = setInterval(() => this.sample(), SAMPLE_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** One look at the counters, about once a second: rates and windows are made of these. */
  sample(): void {
    const { tables } = this.#ports;
    const counts: number[] = [];
    for (const index of this.#rows()) counts[index] = tables.metrics.route(index).requests;
    this.#rates.sample(counts, tables.clock.nowMs());
    if (this.#samples % SAMPLES_PER_ROTATION === 0) this.#rotate();
    this.#samples += 1;
  }

  report(): GatewayReport {
    const { tables, snapshot, version, threads, database } = this.#ports;
    const { clock, metrics } = tables;
    const nowMs = clock.nowMs();
    const current = snapshot();
    const routes = current.routes.map((route) =>
      this.#route(route.index, route.settings.name, route.settings.pool, nowMs),
    );
    const others = [...this.#ports.retiredRoutes(), NO_ROUTE].map((row) => this.#route(row, '', '', nowMs));
    const all = [...routes, ...others];
    const gone = metrics.route(GONE_ROUTES);
    return {
      at: clock.wallMs(nowMs),
      uptimeSeconds: Math.round(nowMs) / 1000,
      version,
      snapshot: current.version,
      requestsTotal: sum(all, (route) => route.requestsTotal) + gone.requests,
      requestsPerSecond: round(sum(all, (route) => route.requestsPerSecond)),
      requestsPerMinute: this.#requestsPerMinute(nowMs),
      inFlight: sum(this.#rows(), (row) => metrics.route(row).inFlight),
      statuses: addStatuses([...all.map((route) => route.statuses), statusCounts(gone.statuses)]),
      duration: this.#total.percentiles(this.#totalHistogram()),
      retriesTotal: metrics.total(THREAD_COUNTER.retries),
      pools: current.pools.map(({ settings, index }) => ({
        name: settings.name,
        queued: tables.queues.length(index),
      })),
      backends: current.pools.flatMap((pool) => pool.backends.map((_, at) => this.#backend(pool, at, nowMs))),
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
    };
  }

  backend(id: string): BackendReport | undefined {
    for (const pool of this.#ports.snapshot().pools) {
      const at = pool.backends.findIndex((backend) => backend.id === id);
      if (at !== -1) return this.#backend(pool, at, this.#ports.tables.clock.nowMs());
    }
    return undefined;
  }

  /** The figures of this backend begin at zero again: what they held a minute ago is no measure any more. */
  forgetBackend(id: string): void {
    this.#backendWindows.delete(id);
  }

  /** Of the report, the limiter's part. */
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

  #route(index: number, name: string, pool: string, nowMs: number): RouteReport {
    const { metrics } = this.#ports.tables;
    const totals = metrics.route(index);
    const histogram = new Float64Array(HISTOGRAM_CELLS);
    metrics.addHistogram(index, histogram);
    return {
      name,
      pool,
      requestsTotal: totals.requests,
      requestsPerSecond: round(this.#rates.perSecond(index, totals.requests, RATE_SECONDS, nowMs)),
      statuses: statusCounts(totals.statuses),
      duration: windowOf(this.#routeWindows, index).percentiles(histogram),
    };
  }

  #backend(pool: SnapshotPool, at: number, nowMs: number): BackendReport {
    const { tables, probe, condition } = this.#ports;
    const { backends: table, clock } = tables;
    const { id, url, index, backup, maxInFlight } = pool.backends[at]!;
    const { circuitBreaker } = pool.settings;
    const health = table.health(index);
    const isFull = maxInFlight !== null && table.isFull(index, maxInFlight);
    const reason = unavailableReason(table, index, circuitBreaker, nowMs) ?? (isFull ? 'full' : null);
    const probed = probe(id);
    const window = { successes: 0, failures: 0 };
    table.window(index, nowMs, circuitBreaker.windowMs, window);
    const requests = window.successes + window.failures;
    const emaMs = table.emaMs(index);
    return {
      id,
      origin: this.#ports.origin(id) ?? UNKNOWN_ORIGIN,
      opaqueId: this.#opaqueId(pool, id),
      url,
      pool: pool.settings.name,
      weight: pool.settings.backends[at]!.weight,
      effectiveWeight: round(table.weight(index)),
      enabled: table.isEnabled(index),
      backup,
      maxInFlight,
      draining: table.isDraining(index),
      healthy: health === 'unknown' ? null : health === 'up',
      lastError: probed?.error ?? null,
      available: reason === null,
      reason,
      circuit: this.#circuit(pool, index, nowMs, window),
      inFlight: table.inFlight(index),
      requestsTotal: table.successes(index) + table.failures(index),
      failuresTotal: table.failures(index),
      emaMs: Number.isNaN(emaMs) ? null : round(emaMs),
      latency: windowOf(this.#backendWindows, id).percentiles(this.#backendHistogram(index)),
      errorRate: requests === 0 ? 0 : round(window.failures / requests),
      ...condition(id),
      lastCheckedAt: probed === undefined ? null : clock.wallMs(probed.checkedAt),
    };
  }

  #opaqueId({ settings }: SnapshotPool, id: string): string {
    const secret = settings.sticky.keys[0]?.secret ?? this.#ports.tables.stickySecret;
    const key = `${secret} ${id}`;
    const known = this.#opaqueIds.get(key);
    if (known !== undefined) return known;
    if (this.#opaqueIds.size >= MAX_BACKENDS) this.#opaqueIds.clear();
    const made = opaqueId(secret, id);
    this.#opaqueIds.set(key, made);
    return made;
  }

  #circuit(
    pool: SnapshotPool,
    index: number,
    nowMs: number,
    window: { readonly successes: number; readonly failures: number },
  ): CircuitReport {
    const { backends: table, clock } = this.#ports.tables;
    const word = table.circuitWord(index);
    const openUntil = table.openUntil(index, word);
    const lastFailure = table.lastFailure(index);
    // Open, but its time is over: it lets a trial through, though nobody has asked yet.
    const isOver = stateName(word) === 'open' && nowMs >= openUntil;
    return {
      enabled: pool.settings.circuitBreaker.enabled,
      state: isOver ? 'half-open' : stateName(word),
      consecutiveFailures: table.consecutiveFailures(index),
      windowRequests: window.successes + window.failures,
      windowFailures: window.failures,
      trials: trialsOf(word),
      trialSuccesses: successesOf(word),
      trips: tripsOf(word),
      retryAt: stateOf(word) === CLOSED || isOver ? null : clock.wallMs(Math.max(nowMs, openUntil)),
      forcedUntil: stateOf(word) === FORCED_OPEN && openUntil > nowMs ? clock.wallMs(openUntil) : null,
      lastFailureAt: lastFailure === 0 ? null : clock.wallMs(lastFailure),
    };
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
      deniedTotal: metrics.total(THREAD_COUNTER.denied),
      wouldRefuseTotal: metrics.total(THREAD_COUNTER.wouldRefuse),
      allowlistedTotal: metrics.total(THREAD_COUNTER.allowlisted),
      activeClients: this.#countActive(nowMs),
      registeredClients: registeredClients(),
      tableSlots: clients.slots,
      globalTokens: globalTokens === null ? null : round(globalTokens),
    };
  }

  /** A table of millions is counted in segments, one a report: the number lags a few reports behind. */
  #countActive(nowMs: number): number {
    const { clients } = this.#ports.tables;
    const segments = Math.ceil(clients.length / COUNTED_SLOTS);
    const from = this.#nextSegment * COUNTED_SLOTS;
    this.#activeBySegment[this.#nextSegment] = clients.countActive(
      from,
      Math.min(clients.length, from + COUNTED_SLOTS),
      nowMs,
    );
    this.#nextSegment = (this.#nextSegment + 1) % segments;
    return this.#activeBySegment.reduce((total, count) => total + count, 0);
  }

  #rotate(): void {
    const { snapshot, tables } = this.#ports;
    for (const index of this.#rows()) {
      const histogram = new Float64Array(HISTOGRAM_CELLS);
      tables.metrics.addHistogram(index, histogram);
      windowOf(this.#routeWindows, index).rotate(histogram);
    }
    const backends = snapshot().pools.flatMap((pool) => pool.backends);
    for (const { id, index } of backends) windowOf(this.#backendWindows, id).rotate(this.#backendHistogram(index));
    const ids = new Set(backends.map(({ id }) => id));
    for (const id of this.#backendWindows.keys()) if (!ids.has(id)) this.#backendWindows.delete(id);
    this.#total.rotate(this.#totalHistogram());
  }

  /** Of all requests but those of routes long gone: the rows that rates are made of. */
  #rows(): number[] {
    const { snapshot, retiredRoutes } = this.#ports;
    return [...snapshot().routes.map(({ index }) => index), ...retiredRoutes(), NO_ROUTE];
  }

  #backendHistogram(index: number): Float64Array {
    const { backends: table } = this.#ports.tables;
    const histogram = new Float64Array(HISTOGRAM_CELLS);
    table.addHistogram(index, histogram);
    return histogram;
  }

  #totalHistogram(): Float64Array {
    const histogram = new Float64Array(HISTOGRAM_CELLS);
    for (const row of [...this.#rows(), GONE_ROUTES]) this.#ports.tables.metrics.addHistogram(row, histogram);
    return histogram;
  }
}

/** Only while a change is on its way to the threads. */
const UNKNOWN_ORIGIN: BackendOrigin = { source: 'api', overrides: [], file: null, version: 0 };

function windowOf<K>(windows: Map<K, HistogramWindow>, key: K): HistogramWindow {
  const known = windows.get(key) ?? new HistogramWindow();
  windows.set(key, known);
  return known;
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

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
