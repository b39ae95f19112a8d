/** The part of a backend's view that says how it is: its state, slow start, adaptation. */
import { Type, type Static } from '@sinclair/typebox';
import { HEALTH_STATES } from '../core/backends-vocabulary.ts';
import type { BackendCondition } from '../condition.ts';
import { isoTime, nullable, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';

const ms = (description: string) => nullable(Type.Number({ minimum: 0, description }));

export const healthFields = {
  state: stringEnum(HEALTH_STATES, {
    description: 'down: it gets no requests because of how it is; degraded: it gets some, and something is wrong',
  }),
  state_reason: nullable(Type.String({ description: '`3 failed probes: connect refused`; null: it is healthy' })),
  state_since: timestamp({ description: 'When the state was entered; of the first one, when it was configured' }),
  slow_start: nullable(
    Type.Object(
      {
        share: Type.Number({ description: 'Part of its weight that it has' }),
        ends_at: timestamp({ description: 'When it has its whole weight' }),
      },
      { description: 'Null: it is not in slow start' },
    ),
  ),
  adaptive: nullable(
    Type.Object(
      {
        latency_ms: ms('Mean time to first byte when it was last judged; null: not known'),
        target_latency_ms: ms('What that was compared with; null: nothing'),
        error_rate: Type.Number({ minimum: 0, maximum: 1 }),
        samples: Type.Integer({ description: 'Requests it was judged by, or that have come together so far' }),
        share: Type.Number({ description: 'Factor of its configured weight' }),
        waiting: nullable(Type.String({ description: 'Why it is not judged: `12 of 20 samples`; null: it is' })),
      },
      { description: 'Adaptation of its weight; null: off' },
    ),
  ),
};

const fields = Type.Object(healthFields);

export function healthView({
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
