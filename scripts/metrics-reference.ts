import { METRICS } from '../src/telemetry/api/prometheus/exposed-metrics.ts';

const HEAD = `<!-- Generated from src/telemetry/api/prometheus/ by scripts/write-config-docs.ts. Do not edit. -->

# Metrics

The metrics that \`GET /metrics\` on the admin port exposes, in the order of its answer. [monitoring.md](monitoring.md) explains how to
scrape it, and which alerts and dashboard come with Sluice. Counters begin at zero with the process. A histogram \`x\` has
the series \`x_bucket\` (label \`le\`), \`x_sum\` and \`x_count\`; a summary has the label \`quantile\`.

| name | type | labels | meaning |
|---|---|---|---|
`;

/** docs/metrics.md. */
export function metricsReference(): string {
  const rows = METRICS.map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |\n`,
  );
  return HEAD + rows.join('');
}
