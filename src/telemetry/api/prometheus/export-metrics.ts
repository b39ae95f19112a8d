/** The export of telemetry to a collector. */
import { labelText } from '../../exposition.ts';
import type { Metric } from './metric.ts';

const SIGNAL = ['signal'];

export const TELEMETRY_METRICS: readonly Metric[] = [
  {
    name: 'sluice_telemetry_exported_total',
    type: 'counter',
    help: 'Spans, data points and log records that the collector accepted, by signal: traces, metrics or logs',
    labels: SIGNAL,
    write: ({ report: { exporters } }, into) => {
      for (const { signal, exportedTotal } of exporters) into.sample(labelText({ signal }), exportedTotal);
    },
  },
  {
    name: 'sluice_telemetry_dropped_total',
    type: 'counter',
    help: 'Those that were dropped, by reason: full (no room), refused or rejected (by the collector), expired (not accepted within a minute) or stopped',
    labels: [...SIGNAL, 'reason'],
    write: ({ report: { exporters } }, into) => {
      for (const { signal, droppedTotal } of exporters) {
        for (const [reason, count] of Object.entries(droppedTotal)) into.sample(labelText({ signal, reason }), count);
      }
    },
  },
  {
    name: 'sluice_telemetry_queued',
    type: 'gauge',
    help: 'Those that wait for their export',
    labels: SIGNAL,
    write: ({ report: { exporters } }, into) => {
      for (const { signal, queued } of exporters) into.sample(labelText({ signal }), queued);
    },
  },
  {
    name: 'sluice_telemetry_failing',
    type: 'gauge',
    help: '1 since a request to the collector failed, until one succeeds',
    labels: SIGNAL,
    write: ({ report: { exporters } }, into) => {
      for (const { signal, state } of exporters) into.sample(labelText({ signal }), Number(state === 'failing'));
    },
  },
];
