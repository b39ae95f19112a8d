import { Type } from '@sinclair/typebox';

import { REPLICAS } from '../../../scaling/core/scaling-vocabulary.ts';
import { durationOrZero, text, type DurationText } from '../schema-kinds.ts';

/** Sections that say how many replicas are wanted. They are missing by default: then nothing is measured for them. */

const SHARED = {
  min: Type.Integer({ ...REPLICAS, default: 1, description: 'Fewest replicas.' }),
  max: Type.Integer({ ...REPLICAS, default: 10, description: 'Most replicas.' }),
  rps: target('Requests a second that one replica should get. At least one of the targets is required.'),
  in_flight: target('Requests in flight that one replica should have, waiting ones included.'),
};

const STABILIZATION = durationOrZero(
  '5m',
  'The number falls once nothing has asked for more for this long; `0s`: at once.',
);

export const PoolScaleSchema = Type.Object(
  {
    ...SHARED,
    p95: Type.Optional(
      Type.Unsafe<DurationText>(text('duration', 'Time to first byte that 95 % of answers should not exceed.')),
    ),
    stabilization: STABILIZATION,
  },
  {
    additionalProperties: false,
    description: 'How many replicas of its backends a pool should have: `GET /v1/api/scale`. Default: not computed.',
  },
);

export const GatewayScaleSchema = Type.Object(
  {
    ...SHARED,
    cpu: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        description: 'Share of the processors that a gateway may use that it should use.',
      }),
    ),
    stabilization: STABILIZATION,
  },
  {
    additionalProperties: false,
    description: 'How many gateways there should be: `GET /v1/api/scale`. Default: not computed.',
  },
);

function target(description: string) {
  return Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000, description }));
}
