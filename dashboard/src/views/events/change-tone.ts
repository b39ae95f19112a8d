/** How bad a backend's change is, by what it changed to. Pure. */
import type { Severity } from '../../../../src/events/core/events-vocabulary.ts';

/** An operator's doing, or on its way back. */
const UNUSUAL = new Set(['unknown', 'disabled', 'draining', 'full', 'half-open', 'degraded']);
const FINE = new Set(['up', 'closed', 'available', 'healthy']);

export function changeTone({ kind, to }: { readonly kind: string; readonly to: string | null }): Severity {
  // Of a weight there is only the number.
  if (kind === 'weight' || to === null || FINE.has(to)) return 'info';
  return UNUSUAL.has(to) ? 'warn' : 'error';
}
