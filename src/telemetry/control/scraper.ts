/** Adds the shared tables up for Prometheus (src/telemetry/control/scrape-report.ts). */
import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { Snapshot } from '../../config/snapshot.ts';
import { cellsUpTo, cumulativeCounts, HISTOGRAM_CELLS } from '../../core/histogram.ts';
import type { Pulse } from '../../threads/core/thread-pulse.ts';
import { DURATION_OF, type DurationOf, NO_ROUTE, THREAD_COUNTER } from '../../runtime/metrics-table.ts';
import type { StatusCounts, Telemetry } from './reports.ts';
import type {
  BackendScrape,
  HistogramReport,
  LoopTimes,
  RouteScrape,
  ScrapeReport,
  ScrapeSource,
} from './scrape-report.ts';
import type { FleetReport } from '../../fleet/fleet-report.ts';
import type { SharedTables } from '../../threads/shared-memory.ts';
import type { LoopDelayWatch } from './loop-delay.ts';
import { processFigures } from './process-figures.ts';

/** Seconds. Each bound is a series of every route and every backend: few, and where service levels are set. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ENDS = BOUNDS.map((bound) => cellsUpTo(bound * 1e6));
/** The route name for requests that match no route. */
const UNMATCHED = 'unmatched';

export interface ScraperPorts {
  readonly tables: SharedTables;
  readonly telemetry: Telemetry;
  readonly snapshot: () => Snapshot;
  readonly threads: () => readonly {
    readonly index: number;
    readonly deaths: number;
    readonly seen: Pulse;
    readonly stalls: number;
    readonly worker: { readonly performance: { eventLoopUtilization(): EventLoopUtilization } };
  }[];
  readonly configuration: () => ScrapeReport['configuration'];
  readonly keySources: () => ScrapeReport['keySources'];
  readonly nameLookups: () => ScrapeReport['nameLookups'];
  readonly certificates: () => ScrapeReport['certificates'];
  readonly discovery: () => ScrapeReport['discovery'];
  readonly routeProviders: () => ScrapeReport['routeProviders'];
  readonly fleet: () => FleetReport;
  readonly sharing: () => ScrapeReport['sharing'];
  readonly scale: () => ScrapeReport['scale'];
  readonly delay: LoopDelayWatch;
  /** Lines of the control thread's log that were not consumed in time. */
  readonly droppedLogLines: () => number;
  readonly refusedAdminConnections: () => number;
}

export class Scraper implements ScrapeSource {
  readonly #ports: ScraperPorts;
  /** Reused for every row: nothing keeps it. */
  readonly #cells = new Float64Array(HISTOGRAM_CELLS);

  constructor(ports: ScraperPorts) {
    this.#ports = ports;
  }

  async scrape(): Promise<ScrapeReport> {
    const figures = await processFigures();
    // From here on nothing waits: all of it is of one snapshot.
    const {
      telemetry,
      snapshot,
      threads,
      configuration,
      keySources,
      nameLookups,
      certificates,
      discovery,
      routeProviders,
      fleet,
      sharing,
      scale,
      delay,
      tables,
    } = this.#ports;
    const { droppedLogLines, refusedAdminConnections } = this.#ports;
    const current = snapshot();
    return {
      report: telemetry.report(),
      routes: [
        ...current.routes.flatMap(({ index, settings: { name, pool }, shares = [] }) => [
          this.#route(index, name, pool ?? ''),
          ...shares.map((share) => this.#route(share.index, name, share.pool)),
        ]),
        this.#route(NO_ROUTE, UNMATCHED, ''),
      ],
      backends: current.pools.flatMap((pool) => pool.backends.map(({ index }) => this.#backend(index))),
      threads: threads().map(({ index, deaths, seen, stalls, worker }) => ({
        restartsTotal: deaths,
        isStuck: seen !== 'running',
        stallsTotal: stalls,
        droppedLogLines: tables.metrics.level(index, THREAD_COUNTER.droppedLogLines),
        sheddingLevel: tables.metrics.level(index, THREAD_COUNTER.sheddingLevel),
        loop: loopTimes(worker.performance.eventLoopUtilization()),
      })),
      overflowTotal: tables.metrics.total(THREAD_COUNTER.overflow),
      plugins: tables.pluginCounters.list(),
      authFailures: tables.metrics.authFailures(),
      caches: current.routes.flatMap(({ index, settings: { name, cache } }) =>
        cache === null ? [] : [{ route: name, ...tables.metrics.routeCache(index) }],
      ),
      mirrored: tables.metrics.mirrored(),
      keySources: keySources(),
      control: {
        loop: loopTimes(performance.eventLoopUtilization()),
        delay: delay.report(),
        droppedLogLines: droppedLogLines(),
        refusedConnections: refusedAdminConnections(),
      },
      configuration: configuration(),
      nameLookups: nameLookups(),
      certificates: certificates(),
      discovery: discovery(),
      routeProviders: routeProviders(),
      fleet: fleet(),
      sharing: sharing(),
      scale: scale(),
      process: figures,
    };
  }

  #route(index: number, name: string, pool: string): RouteScrape {
    const { metrics } = this.#ports.tables;
    const { inFlight, statuses } = metrics.route(index);
    const duration = (of: DurationOf): HistogramReport => {
      this.#cells.fill(0);
      metrics.addHistogram(index, of, this.#cells);
      return this.#histogram(metrics.durationMs(index, of));
    };
    return {
      name,
      pool,
      inFlight,
      statuses: { ...classes(statuses), aborted: statuses[5]! },
      forwardedDuration: duration(DURATION_OF.forwarded),
      ownDuration: duration(DURATION_OF.own),
      calls: metrics.calls(index),
    };
  }

  #backend(index: number): BackendScrape {
    const { backends } = this.#ports.tables;
    const { statuses, sumMs } = backends.responses(index);
    this.#cells.fill(0);
    backends.addHistogram(index, this.#cells);
    return { statuses: classes(statuses), response: this.#histogram(sumMs) };
  }

  #histogram(sumMs: number): HistogramReport {
    return { bounds: BOUNDS, counts: cumulativeCounts(this.#cells, ENDS), sum: sumMs / 1000 };
  }
}

function classes(counts: readonly number[]): Omit<StatusCounts, 'aborted'> {
  return { '1xx': counts[0]!, '2xx': counts[1]!, '3xx': counts[2]!, '4xx': counts[3]!, '5xx': counts[4]! };
}

function loopTimes({ active, idle }: EventLoopUtilization): LoopTimes {
  return { active: active / 1000, idle: idle / 1000 };
}
