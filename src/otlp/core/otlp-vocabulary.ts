/** Words of the export to a collector: for threads, metrics, the admin API and the dashboard. */

export const SIGNALS = ['traces', 'metrics', 'logs'] as const;
export type Signal = (typeof SIGNALS)[number];

/**
 * Why spans, log records or data points were not exported: there was no room for them, the collector refused their
 * request or some of them, it did not take them in time, or the gateway stopped.
 */
export const DROP_REASONS = ['full', 'refused', 'rejected', 'expired', 'stopped'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** Kinds of metrics. */
export const METRIC_TYPES = ['counter', 'gauge', 'histogram', 'summary'] as const;
export type MetricType = (typeof METRIC_TYPES)[number];

export const EXPORT_STATES = ['ok', 'failing'] as const;
export type ExportState = (typeof EXPORT_STATES)[number];

/** Spans or log records that wait for their export; with more, the newest are dropped. */
export const MAX_QUEUED = 4096;
/** Of one request to the collector. */
export const MAX_PER_REQUEST = 512;
/** Of one message between threads. */
export const MAX_PER_BATCH = 256;
/** Of one, unless a single text is larger. Untouched pages cost no memory. */
export const MAX_BATCH_BYTES = 524_288;
