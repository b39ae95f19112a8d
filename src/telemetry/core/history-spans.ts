/** How far back a history of figures goes. `60s`: a point a second. `1h`: a point each ten seconds. */
export const HISTORY_SPANS = ['60s', '1h'] as const;
export type HistorySpan = (typeof HISTORY_SPANS)[number];
