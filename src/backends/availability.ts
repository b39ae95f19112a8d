/** The one predicate that decides whether a backend may get a request, and the reason if not. */
import type { CircuitBreakerSettings } from '../config/settings.ts';
import { FORCED_OPEN, stateOf, wouldAdmit } from '../breaker/core/circuit-breaker.ts';
import type { UnavailableReason } from './core/backends-vocabulary.ts';
import type { BackendTable } from './backend-table.ts';

/**
 * Null: it may, unless it is full, which changes with every request and is checked when one is picked (see pool.ts). A
 * backend whose health is not known yet counts as healthy here; the pool prefers those known to be (see pool.ts).
 */
export function unavailableReason(
  table: BackendTable,
  index: number,
  circuit: CircuitBreakerSettings,
  nowMs: number,
): UnavailableReason | null {
  if (!table.isEnabled(index)) return 'disabled';
  return table.isDraining(index) ? 'draining' : failureReason(table, index, circuit, nowMs);
}

/** The same for a request of a session bound to it: a draining backend keeps those. */
export function sessionReason(
  table: BackendTable,
  index: number,
  circuit: CircuitBreakerSettings,
  nowMs: number,
): UnavailableReason | null {
  return table.isEnabled(index) ? failureReason(table, index, circuit, nowMs) : 'disabled';
}

function failureReason(
  table: BackendTable,
  index: number,
  circuit: CircuitBreakerSettings,
  nowMs: number,
): UnavailableReason | null {
  if (table.isUnresolved(index)) return 'unresolved';
  if (table.isUnproven(index)) return 'unproven';
  if (table.health(index) === 'down') return 'unhealthy';
  if (table.ejectedUntil(index) > nowMs) return 'ejected';
  const word = table.circuitWord(index);
  // An operator may open a circuit even where circuits are off.
  const counts = circuit.enabled || stateOf(word) === FORCED_OPEN;
  return counts && !wouldAdmit(word, nowMs, table.openUntil(index, word), circuit) ? 'circuit_open' : null;
}
