/** Vocabulary of metrics. */

/** How far back a history goes. `60s`, `5m`: a point per second. `1h`: one every ten seconds. `6h`, `24h`: one a minute. */
export const HISTORY_SPANS = ['60s', '5m', '1h', '6h', '24h'] as const;
export type HistorySpan = (typeof HISTORY_SPANS)[number];

/** Spans of the history of a single backend. */
export const BACKEND_SPANS = ['60s', '1h'] as const satisfies readonly HistorySpan[];
export type BackendSpan = (typeof BACKEND_SPANS)[number];

export const SPAN_SECONDS: Readonly<Record<HistorySpan, number>> = {
  '60s': 60,
  '5m': 300,
  '1h': 3600,
  '6h': 21_600,
  '24h': 86_400,
};
