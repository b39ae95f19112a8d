import { Type } from '@sinclair/typebox';

import { duration, durationOrZero, flag, integer, ratio, section, text, type DurationText } from './schema-kinds.ts';

export const SlowStartSchema = section(
  {
    enabled: flag(true, 'Raise the weight of a new or recovered backend step by step.'),
    duration: duration('30s', 'Until it has its whole weight.'),
    from: aboveZero(0.1, 'Part of its weight that it begins with.'),
  },
  'Slow start. Not when the gateway starts, and not for a backend that is the only one available.',
);

export const AdaptiveSchema = section(
  {
    enabled: flag(false, 'Adapt weights to latency and errors. Not with `round-robin`, which ignores weights.'),
    interval: duration('10s', 'Time between two adaptations.'),
    latency_share: ratio(0.6, 'How much latency counts; 0: not at all.'),
    error_share: ratio(0.4, 'How much errors count; 0: not at all.'),
    speed: aboveZero(0.1, 'Part of the way to its target that a weight goes in each interval.'),
    target_latency: Type.Optional(
      Type.Unsafe<DurationText>(
        text('duration', "Time to first byte to aim at. Left out: the median of the pool's healthy backends."),
      ),
    ),
    max_error_rate: aboveZero(0.1, 'Share of failures from which a backend counts as bad as can be.'),
    min_share: aboveZero(0.25, 'Least part of its configured weight that a backend keeps.'),
    max_share: Type.Number({
      minimum: 1,
      maximum: 100,
      default: 4,
      description: 'Greatest multiple of its configured weight that a backend gets.',
    }),
    min_samples: integer([1, 1_000_000], 20, 'With fewer requests in an interval nothing is concluded.'),
    warm_up: durationOrZero('10s', 'A backend that has joined is not judged before; zero: at once.'),
  },
  'Adaptive weights.',
);

function aboveZero(fallback: number, description: string) {
  return Type.Number({ exclusiveMinimum: 0, maximum: 1, default: fallback, description });
}
