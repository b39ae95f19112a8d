/** What is known of the export of one signal. */
import type { DropReason, ExportState, Signal } from './core/otlp-vocabulary.ts';

export interface ExporterReport {
  readonly signal: Signal;
  /** Where to, without user name, password and query. */
  readonly endpoint: string;
  readonly state: ExportState;
  /** Since the epoch; null: it is ok. */
  readonly failingSinceMs: number | null;
  /** Why the last request failed; null: it did not. */
  readonly lastError: string | null;
  /** Spans, data points or log records, since the start of the process: accepted by the collector. */
  readonly exportedTotal: number;
  readonly droppedTotal: Readonly<Record<DropReason, number>>;
  /** Those that wait. */
  readonly queued: number;
}
