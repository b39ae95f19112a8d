/**
 * The gateway's state in words: what an operator should know first. It follows the alert rules in
 * docker/prometheus/rules/sluice.yml without their delays: `down` where they page, because requests fail now,
 * `degraded` where they open a ticket. Pure.
 */
import type { HealthState } from '../../../src/backends/core/backends-vocabulary.ts';
import { ALERT_THRESHOLDS } from '../../../src/telemetry/core/alert-thresholds.ts';
import type { Backend, Frame } from '../api/types.ts';
import { formatMs, formatShare } from '../format.ts';

export type Level = 'ok' | 'degraded' | 'down';

export interface Verdict {
  readonly level: Level;
  readonly title: string;
  /** A sentence each, worst first. */
  readonly problems: readonly string[];
}

export type BackendState = HealthState | 'draining' | 'disabled';

const REASONS: Readonly<Record<string, string>> = {
  unresolved: 'its host name never resolved',
  unproven: 'in the last known list only, and not checked yet',
  unhealthy: 'unhealthy',
  ejected: 'ejected after failed requests',
  circuit_open: 'circuit open',
  full: 'full',
};

/** Intended states (draining, disabled) are separate from failures. */
export function backendState(backend: Backend): BackendState {
  if (!backend.enabled) return 'disabled';
  if (backend.draining) return 'draining';
  if (!backend.available) return 'down';
  return backend.state ?? (backend.circuit === 'half-open' ? 'degraded' : 'healthy');
}

/** Why a backend is not healthy; null if it is. */
export function backendReason(backend: Backend): string | null {
  const state = backendState(backend);
  if (state === 'healthy' || state === 'disabled' || state === 'draining') return null;
  const { reason, state_reason: explicit, last_error: error } = backend;
  if (explicit !== undefined && explicit !== null) return explicit;
  const word = reason === null ? 'degraded' : (REASONS[reason] ?? reason);
  return reason === 'unhealthy' && error !== null ? `${word}: ${error}` : word;
}

/** @param time formats a moment, an ISO string */
export function verdictOf(frame: Frame, time: (iso: string) => string): Verdict {
  const { threads } = frame;
  const failing: string[] = [];
  const troubled: string[] = [];

  for (const [pool, isServed] of poolsOf(frame)) {
    if (frame.backends.some((backend) => backend.pool === pool && backend.available)) continue;
    const routes = frame.routes.filter((route) => targetsOf(route).includes(pool)).map(({ name }) => name);
    const behind = routes.length === 0 ? '' : `, behind route ${routes.join(', ')},`;
    (isServed ? failing : troubled).push(`pool ${pool}${behind} has no available backend`);
  }
  const dead = threads.filter(({ state }) => state === 'dead').length;
  if (dead > 0) failing.push(`${dead} of ${threads.length} traffic threads dead`);
  for (const { name, error_share: errors } of frame.routes) {
    if (errors === null || errors <= ALERT_THRESHOLDS.errorShare) continue;
    failing.push(`${formatShare(errors)} of the answers of route ${name} are 5xx`);
  }

  for (const backend of frame.backends) {
    const reason = backendReason(backend);
    if (reason === null) continue;
    const state = backendState(backend) === 'down' ? 'down' : 'degraded';
    const since = backend.state_since ? ` since ${time(backend.state_since)}` : '';
    troubled.push(`backend ${backend.id} ${state}${since} (${reason})`);
  }
  const refused = frame.limiter.refused_share;
  if (refused !== null && refused > ALERT_THRESHOLDS.refusedShare) {
    troubled.push(`${formatShare(refused)} of all requests are refused by rate limits (429)`);
  }
  for (const { name, p95 } of frame.routes) {
    if (p95 !== null && p95 > ALERT_THRESHOLDS.p95Seconds * 1000) {
      troubled.push(`route ${name} is slow: p95 ${formatMs(p95)}`);
    }
  }
  if (!frame.configuration.last_reload_successful) {
    troubled.push('the last reload was refused; the configuration before it still applies');
  }
  for (const { signal, state, last_error: error, failing_since: since } of frame.exporters) {
    if (state !== 'failing') continue;
    const from = since === null ? '' : ` since ${time(since)}`;
    troubled.push(`${signal} cannot be exported${from}${error === null ? '' : ` (${error})`}`);
  }
  if (!frame.database.available) troubled.push('the database is unavailable; clients keep their last known limits');

  const problems = [...failing, ...troubled];
  if (failing.length > 0) return { level: 'down', title: isDown(frame) ? 'Down' : 'Failing', problems };
  return problems.length > 0
    ? { level: 'degraded', title: 'Degraded', problems }
    : { level: 'ok', title: 'All healthy', problems };
}

/** Pools, and whether a route leads to them. */
function poolsOf({ backends, routes }: Frame): ReadonlyMap<string, boolean> {
  return new Map([
    ...backends.map(({ pool }) => [pool, false] as const),
    ...routes.flatMap((route) => targetsOf(route).map((pool) => [pool, true] as const)),
  ]);
}

function targetsOf({ pool, shares }: Frame['routes'][number]): readonly string[] {
  if (shares.length > 0) return shares.map((share) => share.pool);
  return pool === '' ? [] : [pool];
}

/** No request can be served. */
function isDown({ backends, threads }: Frame): boolean {
  return backends.every(({ available }) => !available) || threads.every(({ state }) => state === 'dead');
}
