/** The gateway's state in words: what an operator should know first. Pure. */
import type { Backend, Frame } from '../api/types.ts';

export type Level = 'ok' | 'degraded' | 'down';

export interface Verdict {
  readonly level: Level;
  readonly title: string;
  /** A sentence each, worst first. */
  readonly problems: readonly string[];
}

export type BackendState = 'healthy' | 'degraded' | 'down' | 'draining' | 'disabled';

const REASONS: Readonly<Record<string, string>> = {
  unhealthy: 'unhealthy',
  ejected: 'ejected after failed requests',
  circuit_open: 'circuit open',
  full: 'full',
};

/** What is wanted (draining, disabled) is apart from what went wrong. */
export function backendState(backend: Backend): BackendState {
  if (!backend.enabled) return 'disabled';
  if (backend.draining) return 'draining';
  if (!backend.available) return 'down';
  return backend.state ?? (backend.circuit === 'half-open' ? 'degraded' : 'healthy');
}

/** Why a backend is not well; null when it is. */
export function backendReason(backend: Backend): string | null {
  const state = backendState(backend);
  if (state === 'healthy' || state === 'disabled' || state === 'draining') return null;
  const { reason, state_reason: told, last_error: error } = backend;
  if (told !== undefined && told !== null) return told;
  const word = reason === null ? 'degraded' : (REASONS[reason] ?? reason);
  return reason === 'unhealthy' && error !== null ? `${word}: ${error}` : word;
}

/** @param time how a moment is told, of an ISO string */
export function verdictOf(frame: Frame, time: (iso: string) => string): Verdict {
  const problems: string[] = [];
  const wanted = frame.backends.filter(({ enabled, draining }) => enabled && !draining);
  const available = wanted.filter(({ available: isAvailable }) => isAvailable).length;
  const dead = frame.threads.filter(({ state }) => state === 'dead').length;

  for (const pool of new Set(frame.backends.map((backend) => backend.pool))) {
    const members = frame.backends.filter((backend) => backend.pool === pool);
    if (!members.some((backend) => backend.available)) problems.push(`pool ${pool} has no available backend`);
  }
  const isDown = frame.backends.length > 0 && available === 0;
  for (const backend of wanted) {
    const reason = backendReason(backend);
    if (reason === null) continue;
    const state = backendState(backend) === 'down' ? 'down' : 'degraded';
    const since = backend.state_since ? ` since ${time(backend.state_since)}` : '';
    problems.push(`backend ${backend.id} ${state}${since} (${reason})`);
  }
  if (dead > 0) problems.push(`${dead} of ${frame.threads.length} traffic threads dead`);
  if (!frame.database.available) problems.push('the database is away; clients keep the limits last known');

  const level: Level = isDown || dead === frame.threads.length ? 'down' : problems.length > 0 ? 'degraded' : 'ok';
  const titles = { ok: 'All well', degraded: 'Degraded', down: 'Down' };
  return { level, title: titles[level], problems };
}
