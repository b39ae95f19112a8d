/** Everything `/metrics` exposes. docs/metrics.md is generated from it. */
import { Exposition, labelText, type MetricWriter } from '../../exposition.ts';
import type { ScrapeReport } from '../../control/scrape-report.ts';
import { DISCOVERY_METRICS } from './discovery-metrics.ts';
import { GATEWAY_METRICS, LIMITER_METRICS } from './gateway-metrics.ts';
import type { Metric } from './metric.ts';
import { PLUGIN_METRICS } from './plugin-metrics.ts';
import { PROCESS_METRICS, THREAD_METRICS } from './process-metrics.ts';
import { TELEMETRY_METRICS } from './export-metrics.ts';
import { BACKEND_METRICS, POOL_METRICS, ROUTE_METRICS } from './traffic-metrics.ts';

export const METRICS: readonly Metric[] = [
  ...ROUTE_METRICS,
  ...POOL_METRICS,
  ...BACKEND_METRICS,
  ...DISCOVERY_METRICS,
  ...LIMITER_METRICS,
  ...PLUGIN_METRICS,
  ...THREAD_METRICS,
  ...GATEWAY_METRICS,
  ...TELEMETRY_METRICS,
  ...PROCESS_METRICS,
];

export function exposition(scrape: ScrapeReport): string {
  const into = new Exposition();
  writeMetrics(scrape, into);
  return into.text;
}

export function writeMetrics(scrape: ScrapeReport, into: MetricWriter): void {
  const labels = {
    routes: scrape.routes.map(({ name, pool }) => labelText({ route: name, pool })),
    backends: scrape.report.backends.map(({ id, pool }) => labelText({ pool, backend: id })),
    pools: scrape.report.pools.map(({ name }) => labelText({ pool: name })),
    threads: scrape.report.threads.map(({ index }) => labelText({ thread: String(index) })),
  };
  for (const { name, type, help, write } of METRICS) {
    into.family(name, type, help);
    write(scrape, into, labels);
  }
}
