/** The data of a Prometheus scrape: the operators' report, and counters that only ever rise, for computing rates. */
import type { KeySourceReport } from '../../auth/control/key-keeper.ts';
import type { MirrorResult } from '../../forwarding/core/forwarding-vocabulary.ts';
import type { AuthFailure } from '../../auth/core/auth-vocabulary.ts';
import type { CertificateScrape } from '../../certificates/certificate-report.ts';
import type { PoolFigures, ProviderFigures } from '../../discovery/discovery-report.ts';
import type { FleetReport } from '../../fleet/fleet-report.ts';
import type { SharingReport } from '../../limits/shared/sharing-report.ts';
import type { PluginCount } from '../../runtime/plugin-counter-table.ts';
import type { CacheReport, GatewayReport, StatusCounts } from './reports.ts';

/** Cumulative: how many of all values since start are at or below each bound. */
export interface HistogramReport {
  /** Seconds, ascending. */
  readonly bounds: readonly number[];
  /** One for each bound, then one for all values. */
  readonly counts: readonly number[];
  /** Seconds. */
  readonly sum: number;
}

export interface RouteScrape {
  readonly name: string;
  /** Empty: those that match no route, or were answered before a pool was chosen. */
  readonly pool: string;
  readonly inFlight: number;
  readonly statuses: StatusCounts;
  /** Whole request, answered ones only: those that were sent to a backend. */
  readonly forwardedDuration: HistogramReport;
  /** Those that the gateway answered without one. */
  readonly ownDuration: HistogramReport;
  /** Of gRPC, by status. */
  readonly calls: readonly number[];
}

/** The backend at the same index in `report.backends`. */
export interface BackendScrape {
  readonly statuses: Omit<StatusCounts, 'aborted'>;
  /** Time to first byte. */
  readonly response: HistogramReport;
}

/** Of an event loop since its thread began, seconds; utilization is the share of `active`. */
export interface LoopTimes {
  readonly active: number;
  readonly idle: number;
}

/** The traffic thread at the same index in `report.threads`. */
export interface ThreadScrape {
  /** All of them, unlike `restarts`, which forgets. */
  readonly restartsTotal: number;
  readonly droppedLogLines: number;
  /** Priorities below this are refused, 0 to 9. */
  readonly sheddingLevel: number;
  /** Its heartbeat has stopped. */
  readonly isStuck: boolean;
  /** How often it stalled. */
  readonly stallsTotal: number;
  readonly loop: LoopTimes;
}

/** How late the control thread's timers were, seconds. */
export interface LoopDelay {
  /** Over ten seconds. */
  readonly quantiles: readonly { readonly quantile: number; readonly delay: number }[];
  /** Since start. */
  readonly sum: number;
  readonly count: number;
}

export interface ProcessFigures {
  /** User and system, all threads. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Null if /proc does not say. */
  readonly openFds: number | null;
  readonly maxFds: number | null;
  /** Since the epoch. */
  readonly startTimeSeconds: number;
  readonly nodeVersion: string;
  /** Of the control thread. */
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly externalBytes: number;
}

interface ReplicaScrape {
  readonly wanted: number;
  readonly present: number;
}

/** How many replicas are wanted, where the configuration asks for it. */
export interface ScaleScrape {
  readonly gateway: ReplicaScrape | null;
  readonly pools: readonly (ReplicaScrape & { readonly name: string })[];
}

export interface ScrapeReport {
  readonly report: GatewayReport;
  readonly routes: readonly RouteScrape[];
  readonly backends: readonly BackendScrape[];
  readonly threads: readonly ThreadScrape[];
  readonly overflowTotal: number;
  readonly plugins: readonly PluginCount[];
  /** Of each route with a response cache. */
  readonly caches: readonly ({ readonly route: string } & CacheReport)[];
  /** Requests that the authentication of their route refused. */
  readonly mirrored: Readonly<Record<MirrorResult, number>>;
  readonly authFailures: Readonly<Record<AuthFailure, number>>;
  /** The public keys that verify tokens. */
  readonly keySources: readonly KeySourceReport[];
  readonly control: {
    readonly loop: LoopTimes;
    readonly delay: LoopDelay;
    readonly droppedLogLines: number;
    /** Of the admin port. */
    readonly refusedConnections: number;
  };
  readonly configuration: {
    readonly appliedAt: number;
    readonly isLastReloadGood: boolean;
    /** Since start: changes that were taken back because they made something worse. */
    readonly reverts: number;
  };
  /** Of backends' host names, since start. */
  readonly nameLookups: { readonly lookups: number; readonly failures: number };
  /** For clients. */
  readonly certificates: CertificateScrape;
  /** Pools with a source of members. */
  readonly discovery: readonly PoolFigures[];
  readonly routeProviders: readonly ProviderFigures[];
  readonly fleet: FleetReport;
  /** Null: no limit is shared with other gateways. */
  readonly sharing: SharingReport | null;
  readonly scale: ScaleScrape;
  readonly process: ProcessFigures;
}

/** The source of the Prometheus plugin's data. */
export interface ScrapeSource {
  scrape(): Promise<ScrapeReport>;
}
