/** What is known of a request that is described. src/explain/control/explainer.ts puts it together. */
import type { LocalityReport } from '../balancing/pool.ts';
import type { ClientUsage } from '../limits/limit-reports.ts';
import type { RouteVerdict } from '../routing/explain-routes.ts';
import type { PoolReport } from '../discovery/discovery-report.ts';
import type { BackendReport } from '../telemetry/control/reports.ts';
import type { ExplainedRequest, ThreadExplanation } from './core/thread-explanation.ts';

export interface Explanation extends Omit<ThreadExplanation, 'bucket'> {
  /** The name of the route; null: there is none, and `error` says why. */
  readonly route: string | null;
  readonly error: string | null;
  /** The nearest first, at most 50. */
  readonly verdicts: readonly RouteVerdict[];
  readonly routes: number;
  readonly client: ClientUsage;
  readonly pools: readonly {
    readonly name: string;
    readonly algorithm: string;
    /** Null: it does not matter how near its backends are. */
    readonly locality: readonly LocalityReport[] | null;
    /** Part of its requests that goes to it and to each pool of its fallback; null: it has none. */
    readonly fallback: readonly { readonly pool: string; readonly share: number }[] | null;
    /** Where its members come from; null: it has only backends of the file and the API. */
    readonly discovery: PoolReport | null;
    readonly backends: readonly BackendReport[];
  }[];
}

/** What the admin API asks. */
export interface ExplainService {
  /** Rejects with GW_STOPPING if no traffic thread runs. */
  explain(request: ExplainedRequest): Promise<Explanation>;
  /** A token for this header of a request, and when it expires, seconds since 1970. */
  sign(): { readonly header: string; readonly token: string; readonly expiry: number };
}
