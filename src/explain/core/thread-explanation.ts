/** What is asked about a request, and what one traffic thread knows of it: messages between threads carry both. */
import type {
  ExplainedInFlightName,
  ExplainedLimitName,
  ExplainedStepName,
  StepOutcome,
} from './explain-vocabulary.ts';

export interface ExplainedRequest {
  readonly scheme: 'http' | 'https';
  readonly method: string;
  /** Undefined: no Host field. */
  readonly host: string | undefined;
  /** Path and query. */
  readonly target: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the peer of its connection. */
  readonly address: string;
  /** The client that it is counted as, if it is registered; null: the one that its header fields or its address name. */
  readonly id: string | null;
}

/** One thing that decides about a request. */
export interface ExplainedStep {
  readonly step: ExplainedStepName;
  readonly outcome: StepOutcome;
  /** A sentence without its full stop, in lower case: what is found, and what follows. */
  readonly text: string;
  /** Of the answer; null: it passes, or that is not known. */
  readonly status: number | null;
  /** Code of an error; null: there is none. */
  readonly error: string | null;
}

export interface ExplainedLimit {
  readonly limit: ExplainedLimitName;
  readonly capacity: number;
  readonly ratePerSecond: number;
  /** 0: a token bucket. */
  readonly windowMs: number;
  readonly tokens: number;
  /** Whose limit it is, if it is not the client's; null: the client's, or everyone's. */
  readonly key: string | null;
  /** Fewer tokens are left than the request costs. */
  readonly wouldRefuse: boolean;
  /** It refuses nothing. */
  readonly isDry: boolean;
}

export interface ExplainedQuota {
  /** As in RateLimit-Policy. */
  readonly quota: string;
  /** `day` or `month`. */
  readonly per: string;
  readonly requests: number;
  readonly used: number;
  /** Ms since 1970. */
  readonly endsAt: number;
  readonly wouldRefuse: boolean;
}

export interface ExplainedInFlight {
  readonly limit: ExplainedInFlightName;
  readonly running: number;
  readonly most: number;
  readonly wouldRefuse: boolean;
}

/** GeoLocation. */
export interface ExplainedLocation {
  readonly name: string;
  readonly folded: string;
  readonly isStated: boolean;
}

export interface ThreadExplanation {
  /** Bucket key of the client that it is counted as. */
  readonly bucket: string;
  /** By `rate_limit.allowlist` and `denylist`, of the address behind trusted proxies; null: in neither. */
  readonly admission: 'allowed' | 'denied' | null;
  /** Where its client is; null: unknown, or locations are off. */
  readonly geo: ExplainedLocation | null;
  /** Tokens that it takes from each limit. */
  readonly cost: number;
  /** In order, up to the first without which nothing can be said about the rest. */
  readonly steps: readonly ExplainedStep[];
  readonly limits: readonly ExplainedLimit[];
  readonly quotas: readonly ExplainedQuota[];
  readonly inFlight: readonly ExplainedInFlight[];
  /** Where it would go; null: nowhere, or chance decides. */
  readonly pool: string | null;
  /** Path and query that backends get, before prefix and base path; null: those of the request. */
  readonly target: string | null;
  /** Of a redirect. */
  readonly location: string | null;
}
