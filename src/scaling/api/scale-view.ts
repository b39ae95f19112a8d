/** The body of GET /v1/api/scale: flat numbers, so that autoscalers can pick `wanted` by its path. */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { isoTime, nullable, nullableRef, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import { round } from '../../core/round.ts';
import type { JudgedReading } from '../core/replica-advice.ts';
import { scaleReason } from '../core/scale-reason.ts';
import { SCALE_LIMITS, SCALE_SIGNALS } from '../core/scaling-vocabulary.ts';
import type { ScaleReport, TargetReport } from '../scale-report.ts';

const count = (description: string) => Type.Integer({ minimum: 0, description });

export const ScaleSignalView = Type.Object(
  {
    signal: stringEnum(SCALE_SIGNALS, {
      description:
        'rps and in_flight: over 30 s, of all live gateways; p95: time to first byte over the last minute; cpu: share of its processors that this gateway used over 30 s',
    }),
    value: nullable(
      Type.Number({ description: 'Of all replicas together (p95, cpu: of each); ms for p95; null: not known now' }),
    ),
    target: Type.Number({ description: 'For each replica, as configured; ms for p95' }),
    wanted: nullable(count('Replicas that this signal alone asks for; null: none, it is not known')),
  },
  { $id: 'ScaleSignal', title: 'A signal of scaling' },
);

const TARGET = {
  wanted: count('Replicas that there should be, `min` to `max`'),
  present: count('Replicas that there are: enabled, not draining, no backups'),
  ready: count('Of these, those that take requests'),
  min: count('As configured'),
  max: count('As configured'),
  by: nullable(stringEnum(SCALE_SIGNALS, { description: 'The signal that asks for most; null: none is known' })),
  asked: nullable(count('Replicas that the signals ask for; null: none is known')),
  limited_by: nullable(
    stringEnum(SCALE_LIMITS, {
      description:
        'Why wanted is not asked; growth: at most twice as many at once, or 4; stabilization: as many were wanted a while ago; unknown: a signal that is not known may ask for more',
    }),
  ),
  reason: Type.String({ description: 'The same in words' }),
  signals: Type.Array(refTo(ScaleSignalView), { description: 'Those with a target' }),
} satisfies Record<string, TSchema>;

export const GatewayScaleView = Type.Object(TARGET, { $id: 'GatewayScale', title: 'How many gateways are wanted' });

export const PoolScaleView = Type.Object(
  { pool: Type.String(), ...TARGET },
  { $id: 'PoolScale', title: 'How many replicas of a pool are wanted' },
);

export const ScaleView = Type.Object(
  {
    at: timestamp({ description: 'When it was judged' }),
    gateways: count('Live gateways; traffic of pools is that of all of them'),
    gateway: nullableRef(GatewayScaleView),
    pools: Type.Array(refTo(PoolScaleView), { description: 'Those with `scale`' }),
  },
  { $id: 'Scale', title: 'How many replicas are wanted' },
);

export type ScaleAnswer = Static<typeof ScaleView>;
export type PoolScaleAnswer = Static<typeof PoolScaleView>;

export function scaleView({ at, gateways, gateway, pools }: ScaleReport): ScaleAnswer {
  return {
    at: isoTime(at),
    gateways,
    gateway: gateway === null ? null : targetView(gateway),
    pools: pools.map(poolScaleView),
  };
}

export function poolScaleView(report: TargetReport): PoolScaleAnswer {
  return { pool: report.name, ...targetView(report) };
}

function targetView(report: TargetReport): Static<typeof GatewayScaleView> {
  const { wanted, present, ready, min, max, by, asked, limitedBy, readings } = report;
  const signals = readings.map(signalView);
  return { wanted, present, ready, min, max, by, asked, limited_by: limitedBy, reason: scaleReason(report), signals };
}

function signalView({ signal, value, target, wanted }: JudgedReading): Static<typeof ScaleSignalView> {
  return { signal, value: value === null ? null : round(value), target, wanted };
}
