/** The health part of a backend's view: its state, slow start, adaptation. */
import { Type, type Static } from '@sinclair/typebox';
import { HEALTH_STATES } from '../core/backends-vocabulary.ts';
import type { BackendCondition } from '../condition.ts';
import { isoTime, nullable, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';

const ms = (description: string) => nullable(Type.Number({ minimum: 0, description }));

export const conditionFields = {
  state: stringEnum(HEALTH_STATES, {
    description: 'down: it gets no requests because something is wrong; degraded: it gets some, and something is wrong',
  }),
  state_reason: nullable(Type.String({ description: '`3 failed probes: connect refused`; null: it is healthy' })),
  state_since: timestamp({ description: 'When it entered this state; for the first state, when it was configured' }),
  slow_start: nullable(
    Type.Object(
      {
        share: Type.Number({ description: 'Current share of its weight' }),
        ends_at: timestamp({ description: 'When it reaches its full weight' }),
      },
      { description: 'Null: it is not in slow start' },
    ),
  ),
  adaptive: nullable(
    Type.Object(
      {
        latency_ms: ms('Mean time to first byte at the last evaluation; null: unknown'),
        target_latency_ms: ms('The latency it was compared with; null: none'),
        error_rate: Type.Number({ minimum: 0, maximum: 1 }),
        samples: Type.Integer({ description: 'Requests in the last evaluation, or collected so far' }),
        share: Type.Number({ description: 'Factor of its configured weight' }),
        waiting: nullable(Type.String({ description: 'Why it is not evaluated: `12 of 20 samples`; null: it is' })),
      },
      { description: 'Adaptive weight; null: off' },
    ),
  ),
};

const fields = Type.Object(conditionFields);

export function conditionView({
  state,
  stateReason,
  stateSince,
  slowStart,
  adaptive,
}: BackendCondition): Static<typeof fields> {
  return {
    state,
    state_reason: stateReason,
    state_since: isoTime(stateSince),
    slow_start: slowStart === null ? null : { share: round(slowStart.share), ends_at: isoTime(slowStart.endsAt) },
    adaptive:
      adaptive === null
        ? null
        : {
            latency_ms: roundOrNull(adaptive.latencyMs),
            target_latency_ms: roundOrNull(adaptive.targetLatencyMs),
            error_rate: round(adaptive.errorRate),
            samples: adaptive.samples,
            share: round(adaptive.share),
            waiting: adaptive.waiting,
          },
  };
}

function roundOrNull(value: number | null): number | null {
  return value === null ? null : round(value);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
