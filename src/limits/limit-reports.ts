/** The source of the limits' routes. The control thread implements it. */
import type { LaterRefusal, QuotaPeriod, TalkerOrder } from './core/limits-vocabulary.ts';
import type { Talker } from './core/top-talkers.ts';
import type { ClientKey } from '../identity/client-key.ts';
import type { AnswerCosts } from '../runtime/metrics-table.ts';
import type { BucketPolicy } from './client-table.ts';
import type { SharingReport } from './shared/sharing-report.ts';

export interface LimiterReport {
  readonly enabled: boolean;
  /** Nothing is refused, but `wouldRefuseTotal` counts. */
  readonly dryRun: boolean;
  readonly allowedTotal: number;
  /** Refused by a client's bucket. */
  readonly refusedTotal: number;
  /** Refused by the gateway's global bucket. */
  readonly refusedGlobalTotal: number;
  /** Refused by a limit of a route. */
  readonly refusedRouteTotal: number;
  /** Admitted by the rate limits, and refused later. */
  readonly laterRefusals: Readonly<Record<LaterRefusal, number>>;
  readonly answerCosts: AnswerCosts;
  /** Refused by the denylist. */
  readonly deniedTotal: number;
  /** Let through by a dry run, of the gateway or of a route, although a limit was used up. */
  readonly wouldRefuseTotal: number;
  readonly allowlistedTotal: number;
  /** Clients whose bucket is not full. */
  readonly activeClients: number;
  readonly registeredClients: number;
  readonly tableSlots: number;
  readonly globalTokens: number | null;
  /** Refused by a rate limit over the last minute, 0..1; null: less than one request a second. */
  readonly refusedShare: number | null;
}

export interface ClientUsage extends ClientKey {
  /** Whether it has its own settings, and they are enabled. */
  readonly registered: boolean;
  /** Key of the client whose limit applies to it; null: none does (an unregistered id is no identity). */
  readonly countedAs: string | null;
  /** Its bucket's key; null: as above. */
  readonly bucket: string | null;
  readonly policy: BucketPolicy;
  /** Left, up to capacity, fractions included; below 0: a debt. */
  readonly tokens: number;
  /** Time until nothing counts as used any more, if no request comes; 0: nothing is used. */
  readonly resetMs: number;
  readonly quotas: readonly QuotaUsage[];
}

/** What a client has used of a quota in the current period. */
export interface QuotaUsage {
  /** Null: the quota of all routes together. */
  readonly route: string | null;
  readonly per: QuotaPeriod;
  readonly requests: number;
  readonly used: number;
  /** Ms since 1970. */
  readonly endsAt: number;
}

export interface RouteLimitReport {
  readonly route: string;
  readonly cost: number;
  readonly dryRun: boolean;
  readonly client: BucketPolicy | null;
  /** What `client` counts by instead of the client; null: the client. */
  readonly key: string | null;
  readonly total: BucketPolicy | null;
  /** Left of `total`; null: there is none. */
  readonly tokens: number | null;
}

export interface LimitsReport {
  /** Null: no limit is shared with other gateways. */
  readonly sharing: SharingReport | null;
  readonly limiter: LimiterReport;
  readonly default: BucketPolicy;
  readonly global: BucketPolicy | null;
  readonly allowlist: readonly string[];
  readonly denylist: readonly string[];
  /** Those that have limits or a cost. */
  readonly routes: readonly RouteLimitReport[];
}

/** Bucket keys are taken apart. */
export interface TopTalker extends ClientKey, Omit<Talker, 'key'> {
  readonly registered: boolean;
}

export interface LimitReports {
  report(): LimitsReport;
  usage(client: ClientKey): ClientUsage;
  /** Of the last minute, over all threads; highest first. */
  top(by: TalkerOrder, count: number): Promise<readonly TopTalker[]>;
}
