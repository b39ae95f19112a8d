/** Backends of a running gateway as a table. */
import type { BackendView } from '../../backends/api/backend-view.ts';
import { table } from '../top/text.ts';

const HEAD = ['BACKEND', 'POOL', 'URL', 'STATE', 'WEIGHT', 'IN FLIGHT', 'REQUESTS', 'ERRORS', 'P95', 'CIRCUIT', 'FROM'];

export function backendTable(backends: readonly BackendView[]): string {
  if (backends.length === 0) return 'no backends\n';
  const rows = backends.map((backend) => [
    backend.id,
    backend.pool,
    backend.url,
    stateOf(backend),
    weightOf(backend),
    String(backend.in_flight),
    String(backend.requests_total),
    `${(backend.error_rate * 100).toFixed(1)} %`,
    backend.p95 === null ? '-' : `${Math.round(backend.p95)} ms`,
    backend.circuit,
    backend.overrides.length === 0 ? backend.source : `${backend.source}, ${backend.overrides.join(', ')} by API`,
  ]);
  const why = backends.flatMap(({ id, state_reason: reason, hint }) => {
    const note = reason ?? hint;
    return note === null ? [] : [`${id}: ${note}`];
  });
  return [...table([HEAD, ...rows], [4, 5, 6, 7, 8]), ...why].map((line) => `${line}\n`).join('');
}

/** Why it gets no requests, or else how it does. */
function stateOf({ available, reason, drained, state, probes }: BackendView): string {
  if (drained) return 'drained';
  if (!available) return reason?.replaceAll('_', ' ') ?? 'unavailable';
  return state === 'healthy' && probes === 'unchecked' ? 'unchecked' : state;
}

/** `3`, or `0.5 of 3` while it starts slowly or adapts. */
function weightOf({ weight, effective_weight: now }: BackendView): string {
  return now === weight ? String(weight) : `${Math.round(now * 100) / 100} of ${weight}`;
}
