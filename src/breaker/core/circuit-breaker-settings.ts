/** Structurally the configuration's type, as far as the algorithm needs it. */
export interface CircuitBreakerSettings {
  /** Length of the sliding window, ms. Default 10 s. */
  readonly windowMs: number;
  /** A window with fewer requests never trips by ratio. Default 20. */
  readonly minimumRequests: number;
  /** Share of failures in the window that trips, 0..1; 0: any failure. Default 0.5. */
  readonly errorRatio: number;
  /** Consecutive failures that trip regardless of the ratio, 1 or more. Default 5. */
  readonly consecutiveFailures: number;
  /** First open time, ms; doubles with every trip. Default 10 s. */
  readonly openMs: number;
  /** Longest open time before jitter, ms. Default 300 s. */
  readonly maxOpenMs: number;
  /** Concurrent trials while half-open, 1..15. Default 3. */
  readonly halfOpenTrials: number;
  /** Successful trials that close it, 1..15. Default 2. */
  readonly halfOpenSuccesses: number;
  /** After this long in the closed state, earlier trips are forgotten, ms. Default 60 s. */
  readonly forgetMs: number;
}

/** The breaker's word has four bits for each counter of trials. */
export const MAX_TRIALS = 15;
/** The window has ten buckets, of a millisecond at least. */
export const MIN_WINDOW_MS = 10;
