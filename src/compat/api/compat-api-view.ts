/** The old balancer with `/api/…`: its envelope and field names, built from our reports. */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type { Settings } from '../../config/settings.ts';
import type { ErrorCode, GatewayError } from '../../errors.ts';
import type { LimiterReport } from '../../limits/limit-reports.ts';
import type { LimitPolicies } from '../../limits/limit-policy.ts';
import type { CircuitState } from '../../breaker/core/breaker-vocabulary.ts';
import type { BackendReport, GatewayReport } from '../../telemetry/control/reports.ts';
import { documentedErrors } from '../../api/error-schema.ts';
import { isoTime, isoTimeOrNull, nullable } from '../../api/json-types.ts';

const time = () => nullable(Type.String({ description: 'RFC 3339; null: never' }));

export const CompatBackend = Type.Object({
  id: Type.String(),
  url: Type.String(),
  alive: Type.Boolean({ description: 'Whether it gets requests' }),
  ema_ms: Type.Number({ description: '0: no sample' }),
  error_rate: Type.Number(),
  last_checked: time(),
  enabled: Type.Boolean(),
  weight: Type.Number(),
  connections: Type.Integer(),
});

export const CompatCircuit = Type.Object({
  state: Type.String({ description: 'CLOSED, OPEN or HALF_OPEN' }),
  failure_count: Type.Integer(),
  total_calls: Type.Integer(),
  success_count: Type.Integer(),
  error_rate: Type.Number(),
  half_open_calls: Type.Integer(),
  next_attempt: time(),
  last_fail_time: time(),
  last_failure_time: time(),
});

export const CompatLimiter = Type.Object({
  enabled: Type.Boolean(),
  type: Type.String(),
  global_limit: Type.Number({ description: '0: none' }),
  per_ip_limit: Type.Number(),
  active_ips: Type.Integer(),
  global_tokens: Type.Number({ description: '0: none' }),
});

export const CompatMetrics = Type.Object({
  algorithm: Type.String(),
  total_requests: Type.Integer(),
  active_backends: Type.Integer(),
  avg_response_time: Type.Number({ description: 'Milliseconds; mean of the backends, weighted by requests' }),
  requests_per_minute: Type.Number(),
  backends: Type.Array(CompatBackend),
});

const healthFields = {
  status: Type.String({ description: 'healthy, degraded (some are not alive) or unhealthy (none is alive)' }),
  alive_backends: Type.Integer(),
  total_backends: Type.Integer(),
  open_breakers: Type.Integer(),
  timestamp: Type.String(),
};

export const CompatHealth = Type.Object(healthFields);

/**
 * `{ success, message, data }`; `more` is next to `data`, where old clients look for it.
 *
 * @param description of the data
 */
export function envelope(description: string, data: TSchema, more: Record<string, TSchema> = {}) {
  return Type.Object({ success: Type.Boolean(), message: Type.String(), data, ...more }, { description });
}

export const healthEnvelope = () => envelope('How many get requests', CompatHealth, healthFields);

const Failure = Type.Object(
  { success: Type.Boolean(), error: Type.String(), code: Type.String(), request_id: Type.String() },
  { description: 'The body of every error below /api' },
);

/** The `response` entries for these errors, in the envelope. */
export function failures(...codes: readonly ErrorCode[]): ReturnType<typeof documentedErrors> {
  return documentedErrors(codes, Failure, failure);
}

export function failure(error: GatewayError, requestId: string): Static<typeof Failure> {
  const details = error.details?.map(({ field, message }) => `${field} ${message}`).join('; ');
  const text = error.code === 'GW_BACKEND_NOT_FOUND' ? 'Backend not found' : error.message;
  return {
    success: false,
    error: details === undefined || details === '' ? text : `${text}: ${details}`,
    code: error.code,
    request_id: requestId,
  };
}

export function ok<Data>(data: Data, message = 'OK'): { success: boolean; message: string; data: Data } {
  return { success: true, message, data };
}

export function compatBackend(backend: BackendReport): Static<typeof CompatBackend> {
  return {
    id: backend.id,
    url: backend.url,
    alive: backend.available,
    ema_ms: backend.emaMs ?? 0,
    error_rate: backend.errorRate,
    last_checked: isoTimeOrNull(backend.lastCheckedAt),
    enabled: backend.enabled,
    weight: backend.weight,
    connections: backend.inFlight,
  };
}

const STATES: Readonly<Record<CircuitState, string>> = { closed: 'CLOSED', open: 'OPEN', 'half-open': 'HALF_OPEN' };

/** By URL, as there; by id if several pools have the same URL. */
export function compatCircuits(backends: readonly BackendReport[]): Record<string, Static<typeof CompatCircuit>> {
  const times = Map.groupBy(backends, ({ url }) => url);
  const nameOf = ({ id, url }: BackendReport): string => (times.get(url)!.length === 1 ? url : id);
  return Object.fromEntries(backends.map((backend) => [nameOf(backend), compatCircuit(backend)]));
}

export function compatCircuit({ circuit }: BackendReport): Static<typeof CompatCircuit> {
  const { windowRequests, windowFailures } = circuit;
  const lastFailure = isoTimeOrNull(circuit.lastFailureAt);
  return {
    state: STATES[circuit.state],
    failure_count: windowFailures,
    total_calls: windowRequests,
    success_count: windowRequests - windowFailures,
    error_rate: windowRequests === 0 ? 0 : windowFailures / windowRequests,
    half_open_calls: circuit.trials,
    next_attempt: isoTimeOrNull(circuit.retryAt),
    last_fail_time: lastFailure,
    last_failure_time: lastFailure,
  };
}

export function compatMetrics(report: GatewayReport, pools: Settings['pools']): Static<typeof CompatMetrics> {
  const measured = report.backends.filter(({ emaMs }) => emaMs !== null);
  const weightOf = ({ requestsTotal }: BackendReport): number => Math.max(1, requestsTotal);
  const weight = measured.reduce((sum, backend) => sum + weightOf(backend), 0);
  const total = measured.reduce((sum, backend) => sum + backend.emaMs! * weightOf(backend), 0);
  return {
    algorithm: [...new Set(pools.map(({ algorithm }) => algorithm.replaceAll('-', '_')))].join(', '),
    total_requests: report.requestsTotal,
    active_backends: report.backends.filter(({ available }) => available).length,
    avg_response_time: weight === 0 ? 0 : total / weight,
    requests_per_minute: report.requestsPerMinute,
    backends: report.backends.map(compatBackend),
  };
}

export function compatHealth(backends: readonly BackendReport[], atMs: number): Static<typeof CompatHealth> {
  const alive = backends.filter(({ available }) => available).length;
  return {
    status:
      alive === 0 ? 'unhealthy' : alive === backends.filter(({ enabled }) => enabled).length ? 'healthy' : 'degraded',
    alive_backends: alive,
    total_backends: backends.length,
    open_breakers: backends.filter(({ circuit }) => circuit.state === 'open').length,
    timestamp: isoTime(atMs),
  };
}

export function compatLimiter(limiter: LimiterReport, policies: LimitPolicies): Static<typeof CompatLimiter> {
  return {
    enabled: limiter.enabled,
    type: (policies.default.windowMs ?? 0) > 0 ? 'sliding_window' : 'token_bucket',
    global_limit: policies.global?.capacity ?? 0,
    per_ip_limit: policies.default.capacity,
    active_ips: limiter.activeClients,
    global_tokens: limiter.globalTokens ?? 0,
  };
}
