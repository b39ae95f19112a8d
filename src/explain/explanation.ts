/** What is asked about a request, and what is known of it. src/explain/control/explainer.ts answers. */
import type { ClientKey } from '../identity/client-key.ts';
import type { Admission } from '../identity/request-identity.ts';
import type { BucketPolicy } from '../limits/client-table.ts';
import type { ClientUsage } from '../limits/limit-reports.ts';
import type { ExplainedLimitName } from './core/explain-vocabulary.ts';
import type { RouteVerdict } from '../routing/explain-routes.ts';
import type { BackendReport } from '../telemetry/control/reports.ts';

export interface ExplainedRequest {
  readonly method: string;
  /** Undefined: no Host field. */
  readonly host: string | undefined;
  /** Path and query. */
  readonly target: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly client: ClientKey;
}

export interface ExplainedLimit {
  readonly limit: ExplainedLimitName;
  readonly policy: BucketPolicy;
  readonly tokens: number;
  /** Fewer tokens are left than the request costs. */
  readonly wouldRefuse: boolean;
}

export interface Explanation {
  /** The name of the route; null: there is none, and `error` says why. */
  readonly route: string | null;
  readonly error: string | null;
  /** The nearest first, at most 50. */
  readonly verdicts: readonly RouteVerdict[];
  readonly routes: number;
  readonly client: ClientUsage;
  /** By `rate_limit.allowlist` and `denylist`; null: in neither. */
  readonly admission: Admission | null;
  readonly cost: number;
  /** Empty: the request is not limited. */
  readonly limits: readonly ExplainedLimit[];
  readonly pools: readonly {
    readonly name: string;
    readonly algorithm: string;
    readonly backends: readonly BackendReport[];
  }[];
}

/** What the admin API asks. */
export interface ExplainService {
  explain(request: ExplainedRequest): Explanation;
  /** A token for this header of a request, and when it expires, seconds since 1970. */
  sign(): { readonly header: string; readonly token: string; readonly expiry: number };
}
