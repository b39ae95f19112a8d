/** How severe a backend's change is, by its new state. Pure. */
import type { Severity } from '../../../../src/events/core/events-vocabulary.ts';

/** An operator's action, or a recovery. */
const UNUSUAL = new Set(['unknown', 'disabled', 'draining', 'full', 'half-open', 'degraded']);
const FINE = new Set(['up', 'closed', 'available', 'healthy']);

export function changeTone({ kind, to }: { readonly kind: string; readonly to: string | null }): Severity {
  // A weight has only a number.
  if (kind === 'weight' || to === null || FINE.has(to)) return 'info';
  return UNUSUAL.has(to) ? 'warn' : 'error';
}
