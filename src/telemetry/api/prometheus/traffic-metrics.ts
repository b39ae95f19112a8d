/** Requests by route, and backends with their circuits. */
import { labelText, type MetricWriter } from '../../exposition.ts';
import { LOCALITY_LEVELS } from '../../../balancing/core/balancing-vocabulary.ts';
import { CIRCUIT_STATES } from '../../../breaker/core/breaker-vocabulary.ts';
import { BACKEND_METRIC_ROWS } from '../../../backends/backend-metrics.ts';
import type { BackendReport } from '../../control/reports.ts';
import type { HistogramReport } from '../../control/scrape-report.ts';
import type { Metric } from './metric.ts';

const ROUTE = ['route', 'pool'];
const BACKEND = ['pool', 'backend'];

export const ROUTE_METRICS: readonly Metric[] = [
  {
    name: 'sluice_requests_total',
    type: 'counter',
    help: 'Completed requests by status class of the answer; aborted: the client left, or the answer broke off',
    labels: [...ROUTE, 'status_class'],
    write: ({ routes }, into, labels) =>
      routes.forEach(({ statuses }, at) => writeClasses(into, labels.routes[at]!, statuses)),
  },
  {
    name: 'sluice_request_duration_seconds',
    type: 'histogram',
    help: "From the request's head to the end of its answer, aborted ones left out; answered_by is backend when it was sent to one, or gateway",
    labels: [...ROUTE, 'answered_by'],
    write: ({ routes }, into, labels) =>
      routes.forEach(({ forwardedDuration, ownDuration }, at) => {
        writeDuration(into, `${labels.routes[at]!},answered_by="backend"`, forwardedDuration);
        writeDuration(into, `${labels.routes[at]!},answered_by="gateway"`, ownDuration);
      }),
  },
  {
    name: 'sluice_grpc_calls_total',
    type: 'counter',
    help: 'Calls of gRPC by status, a number; statuses that have not occurred are left out',
    labels: [...ROUTE, 'grpc_status'],
    write: ({ routes }, into, labels) =>
      routes.forEach(({ calls }, at) => {
        for (const [status, count] of calls.entries()) {
          if (count > 0) into.sample(`${labels.routes[at]!},grpc_status="${status}"`, count);
        }
      }),
  },
  {
    name: 'sluice_requests_in_flight',
    type: 'gauge',
    help: 'Requests in flight',
    labels: ROUTE,
    write: ({ routes }, into, labels) =>
      routes.forEach(({ inFlight }, at) => into.sample(labels.routes[at]!, inFlight)),
  },
];

export const POOL_METRICS: readonly Metric[] = [
  {
    name: 'sluice_pool_queued_requests',
    type: 'gauge',
    help: 'Requests that wait for a slot at a backend of the pool, or for a connection to it',
    labels: ['pool'],
    write: ({ report }, into, labels) =>
      report.pools.forEach(({ queued }, at) => into.sample(labels.pools[at]!, queued)),
  },
  {
    name: 'sluice_pool_full_total',
    type: 'counter',
    help: 'Requests answered 503 because every backend of the pool was full, at once or after their wait',
    labels: ['pool'],
    write: ({ report }, into, labels) =>
      report.pools.forEach(({ fullTotal }, at) => into.sample(labels.pools[at]!, fullTotal)),
  },
  {
    name: 'sluice_scale_wanted_replicas',
    type: 'gauge',
    help: 'Replicas that the pool should have by its scale; missing without it',
    labels: ['pool'],
    write: ({ scale }, into) => {
      for (const { name, wanted } of scale.pools) into.sample(labelText({ pool: name }), wanted);
    },
  },
  {
    name: 'sluice_scale_present_replicas',
    type: 'gauge',
    help: 'Replicas that the pool has: enabled, not draining, no backups; missing without scale',
    labels: ['pool'],
    write: ({ scale }, into) => {
      for (const { name, present } of scale.pools) into.sample(labelText({ pool: name }), present);
    },
  },
  {
    name: 'sluice_pool_attempts_total',
    type: 'counter',
    help: 'Attempts on backends of pools with locality.prefer, by how near the backend is: zone, region or other',
    labels: ['pool', 'locality'],
    write: ({ report }, into, labels) =>
      report.pools.forEach(({ placed }, at) => {
        if (placed === null) return;
        for (const [level, locality] of LOCALITY_LEVELS.entries()) {
          into.sample(`${labels.pools[at]!},locality="${locality}"`, placed[level]!);
        }
      }),
  },
  {
    name: 'sluice_pool_fallback_total',
    type: 'counter',
    help: 'Requests of the pool that went to its fallback, at once or as a retry; pools without one are left out',
    labels: ['pool'],
    write: ({ report }, into, labels) =>
      report.pools.forEach(({ fallbackTotal }, at) => {
        if (fallbackTotal !== null) into.sample(labels.pools[at]!, fallbackTotal);
      }),
  },
];

export const BACKEND_METRICS: readonly Metric[] = [
  {
    name: 'sluice_backend_requests_total',
    type: 'counter',
    help: 'Attempts on the backend by outcome for its circuit, success or failure; refused connections are failures',
    labels: [...BACKEND, 'outcome'],
    write: ({ report }, into, labels) =>
      report.backends.forEach(({ requestsTotal, failuresTotal }, at) => {
        const backend = labels.backends[at]!;
        into.sample(`${backend},outcome="success"`, requestsTotal - failuresTotal);
        into.sample(`${backend},outcome="failure"`, failuresTotal);
      }),
  },
  {
    name: 'sluice_backend_responses_total',
    type: 'counter',
    help: 'Response heads of the backend by status class',
    labels: [...BACKEND, 'status_class'],
    write: ({ backends }, into, labels) =>
      backends.forEach(({ statuses }, at) => writeClasses(into, labels.backends[at]!, statuses)),
  },
  {
    name: 'sluice_backend_response_seconds',
    type: 'histogram',
    help: 'Time to first byte of the backend',
    labels: BACKEND,
    write: ({ backends }, into, labels) =>
      backends.forEach(({ response: { bounds, counts, sum } }, at) =>
        into.histogram(labels.backends[at]!, bounds, counts, sum),
      ),
  },
  ...BACKEND_METRIC_ROWS.flatMap(({ key, gauge: shown }) =>
    shown === undefined ? [] : [gauge(shown.name, shown.help, (backend) => backend[key])],
  ),
  gauge('sluice_backend_up', 'Result of the active checks; missing until there is one', ({ healthy }) => healthy),
  gauge(
    'sluice_backend_unchecked',
    '1 while its health is not checked: checks are off, or none is configured and it has no /health',
    ({ probes }) => probes === 'unchecked',
  ),
  gauge('sluice_backend_available', '1 when the backend may get requests', ({ available }) => available),
  gauge(
    'sluice_backend_draining',
    '1 while the backend finishes its requests and gets no new ones',
    ({ draining }) => draining,
  ),
  gauge('sluice_backend_addresses', 'Addresses that its requests go to', ({ addresses }) => addresses.length),
  gauge(
    'sluice_backend_resolved',
    '1 unless the last lookup of its host name failed; missing if the URL contains an address',
    ({ resolution }) => (resolution === null ? null : resolution.checkedAt !== null && resolution.error === null),
  ),
  gauge('sluice_backend_weight', 'Current weight for balancing', ({ effectiveWeight }) => effectiveWeight),
  {
    name: 'sluice_circuit_state',
    type: 'gauge',
    help: '1 for the state that the circuit of the backend is in, 0 for the others: closed, open, half-open',
    labels: [...BACKEND, 'state'],
    write: ({ report }, into, labels) =>
      report.backends.forEach(({ circuit }, at) => {
        for (const state of CIRCUIT_STATES) {
          into.sample(`${labels.backends[at]!},state="${state}"`, Number(circuit.state === state));
        }
      }),
  },
];

/** Of each backend; null: no sample. */
function gauge(name: string, help: string, value: (backend: BackendReport) => number | boolean | null): Metric {
  return {
    name,
    type: 'gauge',
    help,
    labels: BACKEND,
    write: ({ report }, into, labels) =>
      report.backends.forEach((backend, at) => {
        const found = value(backend);
        if (found !== null) into.sample(labels.backends[at]!, Number(found));
      }),
  };
}

function writeDuration(into: MetricWriter, labels: string, { bounds, counts, sum }: HistogramReport): void {
  into.histogram(labels, bounds, counts, sum);
}

function writeClasses(into: MetricWriter, labels: string, statuses: object): void {
  for (const [kind, count] of Object.entries(statuses)) {
    into.sample(`${labels},status_class="${kind}"`, count as number);
  }
}
