/** Circuits as operators see them, by backend id. */
import { Type, type Static } from '@sinclair/typebox';
import { CIRCUIT_STATES } from '../core/breaker-vocabulary.ts';
import type { BackendReport } from '../../telemetry/control/reports.ts';
import { isoTimeOrNull, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';

export const CircuitView = Type.Object(
  {
    enabled: Type.Boolean(),
    state: stringEnum(CIRCUIT_STATES),
    failure_count: Type.Integer({ description: 'In the sliding window' }),
    total_calls: Type.Integer({ description: 'In the sliding window' }),
    success_count: Type.Integer({ description: 'In the sliding window' }),
    error_rate: Type.Number({ minimum: 0, maximum: 1, description: 'failure_count / total_calls; 0 without calls' }),
    consecutive_failures: Type.Integer(),
    half_open_calls: Type.Integer({ description: 'Trial requests in flight' }),
    half_open_successes: Type.Integer(),
    trips: Type.Integer({ description: 'Recent trips; each doubles the open time' }),
    next_attempt: nullable(timestamp({ description: 'When an open circuit admits a trial; null if not open' })),
    forced_until: nullable(timestamp({ description: 'Opened by an operator until then; null: not opened by one' })),
    last_failure_time: nullable(timestamp({ description: 'Null: there was none' })),
  },
  { $id: 'Circuit', title: 'Circuit' },
);

export type CircuitView = Static<typeof CircuitView>;

export const CircuitsView = Type.Unsafe<Record<string, CircuitView>>({
  type: 'object',
  description: 'By backend id',
  additionalProperties: refTo(CircuitView),
});

export function circuitsView(backends: readonly BackendReport[]): Record<string, CircuitView> {
  return Object.fromEntries(backends.map((backend) => [backend.id, circuitView(backend)]));
}

function circuitView({ circuit }: BackendReport): CircuitView {
  const { windowRequests, windowFailures } = circuit;
  return {
    enabled: circuit.enabled,
    state: circuit.state,
    failure_count: windowFailures,
    total_calls: windowRequests,
    success_count: windowRequests - windowFailures,
    error_rate: windowRequests === 0 ? 0 : windowFailures / windowRequests,
    consecutive_failures: circuit.consecutiveFailures,
    half_open_calls: circuit.trials,
    half_open_successes: circuit.trialSuccesses,
    trips: circuit.trips,
    next_attempt: isoTimeOrNull(circuit.retryAt),
    forced_until: isoTimeOrNull(circuit.forcedUntil),
    last_failure_time: isoTimeOrNull(circuit.lastFailureAt),
  };
}
