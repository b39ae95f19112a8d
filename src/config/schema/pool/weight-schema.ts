import { Type } from '@sinclair/typebox';

import { duration, durationOrZero, flag, integer, ratio, section, text, type DurationText } from '../schema-kinds.ts';

export const SlowStartSchema = section(
  {
    enabled: flag(true, 'Raise the weight of a new or recovered backend gradually.'),
    duration: duration('30s', 'Time until it reaches its full weight.'),
    from: aboveZero(0.1, 'Share of its weight that it starts with.'),
  },
  'Slow start. It does not apply when the gateway starts, or to the only available backend.',
);

export const AdaptiveSchema = section(
  {
    enabled: flag(
      false,
      'Adapt weights to latency and errors. Has no effect with `round-robin`, which ignores weights.',
    ),
    interval: duration('10s', 'Time between two adaptations.'),
    latency_share: ratio(0.6, 'Influence of latency; 0: none.'),
    error_share: ratio(0.4, 'Influence of errors; 0: none.'),
    speed: aboveZero(0.1, 'Share of the distance to its target that a weight moves per interval.'),
    target_latency: Type.Optional(
      Type.Unsafe<DurationText>(
        text('duration', "Target time to first byte. Default: the median of the pool's healthy backends."),
      ),
    ),
    max_error_rate: aboveZero(0.1, 'Share of failures at which a backend gets the lowest weight.'),
    min_share: aboveZero(0.25, 'Lowest multiple of its configured weight that a backend gets.'),
    max_share: Type.Number({
      minimum: 1,
      maximum: 100,
      default: 4,
      description: 'Highest multiple of its configured weight that a backend gets.',
    }),
    min_samples: integer([1, 1_000_000], 20, 'With fewer requests in an interval, the weight is kept.'),
    warm_up: durationOrZero('10s', 'Time before a new backend is evaluated; zero: none.'),
  },
  'Adaptive weights.',
);

function aboveZero(fallback: number, description: string) {
  return Type.Number({ exclusiveMinimum: 0, maximum: 1, default: fallback, description });
}
