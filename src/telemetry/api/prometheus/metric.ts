/** One metric of `/metrics`: its documentation, and how it is written. */
import type { MetricType } from '../../../otlp/core/otlp-vocabulary.ts';
import type { MetricWriter } from '../../exposition.ts';
import type { ScrapeReport } from '../../control/scrape-report.ts';

/** Label texts that many metrics of one scrape share: built once. */
export interface ScrapeLabels {
  /** `route`, `pool`: at the same index as the scrape's routes. */
  readonly routes: readonly string[];
  /** `pool`, `backend`: at the same index as the scrape's backends. */
  readonly backends: readonly string[];
  /** `pool`: at the same index as the report's pools. */
  readonly pools: readonly string[];
  /** `thread`: at the same index as the scrape's threads. */
  readonly threads: readonly string[];
}

export interface Metric {
  readonly name: string;
  readonly type: MetricType;
  /** One sentence without full stop; the same in the docs. */
  readonly help: string;
  /** Without `le` and `quantile`, which belong to the type. */
  readonly labels: readonly string[];
  readonly write: (scrape: ScrapeReport, into: MetricWriter, labels: ScrapeLabels) => void;
}
