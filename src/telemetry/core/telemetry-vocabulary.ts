/** Vocabulary of metrics. */

/** How far back a history goes. `60s`: a point per second. `1h`: a point every ten seconds. */
export const HISTORY_SPANS = ['60s', '1h'] as const;
export type HistorySpan = (typeof HISTORY_SPANS)[number];
