/** Vocabulary of scaling. */

/** What replicas are counted by. Of pools: all but cpu. Of gateways: all but p95. */
export const SCALE_SIGNALS = ['rps', 'in_flight', 'p95', 'cpu'] as const;
export type ScaleSignal = (typeof SCALE_SIGNALS)[number];

/** Why the number is not the one that the signals ask for. */
export const SCALE_LIMITS = ['min', 'max', 'growth', 'stabilization', 'unknown'] as const;
export type ScaleLimit = (typeof SCALE_LIMITS)[number];

/** Of `min` and `max`. */
export const REPLICAS = { minimum: 1, maximum: 1000 } as const;
