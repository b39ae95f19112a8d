/** Words and ranges of clients and their limits: for the file, the API, the database, the command line and the dashboard. */

/** How a client is limited: by a bucket of tokens, or by the requests in any window of time. */
export const LIMIT_ALGORITHMS = ['token-bucket', 'sliding-window'] as const;
export type LimitAlgorithm = (typeof LIMIT_ALGORITHMS)[number];

/** Whose a limit is: that of all gateways that share a Redis, or of each gateway. */
export const LIMIT_SCOPES = ['fleet', 'gateway'] as const;

export { SHARED_MODES, type SharedMode } from '../../core/sharing-vocabulary.ts';

/**
 * What a decision on a shared limit was based on: tokens leased ahead; the limit was far; Redis was asked; the limit was
 * known to be used up; the gateway's share while Redis was slow, or lost; or its share because the answer was late.
 */
export const DECISION_PATHS = ['lease', 'far', 'asked', 'known_empty', 'slow', 'share', 'late'] as const;
export type DecisionPath = (typeof DECISION_PATHS)[number];

/** When in a second its requests came, as a replay assumes. */
export const TIMINGS = ['even', 'at_once'] as const;
export type Timing = (typeof TIMINGS)[number];

/** What the list of top talkers is ordered by. */
export const TALKER_ORDERS = ['requests', 'refused'] as const;
export type TalkerOrder = (typeof TALKER_ORDERS)[number];

/** Largest burst of a bucket, or requests in any window; tokens. */
export const CAPACITY = { minimum: 1, maximum: 1e9 } as const;
/** Refill of a bucket, tokens per second; a sliding window's average may be higher. */
export const RATE = { exclusiveMinimum: 0, maximum: 1e6 } as const;
/** Length of a client's sliding window, seconds. */
export const WINDOW_SECONDS = { minimum: 1, maximum: 86_400 } as const;
/** The default. */
export const DEFAULT_WINDOW_SECONDS = 60;

/** Longest name of a client, characters. */
export const MAX_CLIENT_NAME = 200;

/** Most requests of a client at a time. */
export const IN_FLIGHT_PER_CLIENT = { minimum: 1, maximum: 1_000_000 } as const;

/** What refuses requests after the rate limits have admitted them, or do not apply to them. */
export const LATER_REFUSALS = ['in_flight', 'limit_key', 'quota', 'shedding'] as const;
export type LaterRefusal = (typeof LATER_REFUSALS)[number];

/** Over which a quota counts. */
export const QUOTA_PERIODS = ['day', 'month'] as const;
export type QuotaPeriod = (typeof QUOTA_PERIODS)[number];
/** Requests of a quota. */
export const QUOTA = { minimum: 1, maximum: 1_000_000_000 } as const;

/**
 * What is known of the cost of an answer on a route with `cost_from`: it was read; there is none to read (an answer of the
 * gateway itself, an error, or one without a body); it is missing; what is there is no cost; or the answer broke off.
 */
export const COST_RESULTS = ['read', 'none', 'missing', 'invalid', 'cut'] as const;
export type CostResult = (typeof COST_RESULTS)[number];

/** Tokens of these answers: charged as they said, charged by the estimate, given back of the estimate. */
export const COST_TOKENS = ['charged', 'estimated', 'returned'] as const;
export type CostTokens = (typeof COST_TOKENS)[number];

/** What is reserved for an answer, and the most that it may cost, tokens. */
export const ANSWER_COST = { minimum: 1, maximum: CAPACITY.maximum } as const;
