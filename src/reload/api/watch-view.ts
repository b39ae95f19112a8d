/** Schemas of the watch after a change of the configuration. */
import { Type, type Static } from '@sinclair/typebox';
import { isoTime, isoTimeOrNull, nullable, nullableRef, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import type { WatchReport } from '../configuration.ts';
import type { Comparison, Measured } from '../core/judge-change.ts';
import { WATCH_BASES, WATCH_MEASURES, WATCH_SECONDS, WATCH_STATES, WATCH_VERDICTS } from '../core/reload-vocabulary.ts';

/** @param fallback seconds, if the caller gives none */
export function watchSeconds(fallback: number) {
  return Type.Integer({
    minimum: WATCH_SECONDS.min,
    maximum: WATCH_SECONDS.max,
    default: fallback,
    examples: [WATCH_SECONDS.default],
    description:
      'Watch the traffic for this long, and return to the version before if errors or p95 of a route become worse; 0: do not',
  });
}

export const WatchQuery = Type.Object({ watch_seconds: watchSeconds(0) }, { additionalProperties: false });

const MeasuredView = Type.Object({
  requests: Type.Integer({ description: 'That ended' }),
  share: nullable(
    Type.Number({
      description: '0 to 1: failed, without a route, or slower than the p95 may become; null: no requests',
    }),
  ),
  p95_ms: nullable(Type.Number({ description: 'Null: another measure, or no requests' })),
});

export const ComparisonView = Type.Object(
  {
    route: nullable(
      Type.String({
        description: 'Null: all routes with too few requests to be judged alone; of `unrouted`, the gateway',
      }),
    ),
    measure: stringEnum(WATCH_MEASURES, {
      description:
        'errors: 5xx, the gateway’s own included, gRPC statuses of a server’s fault, and clients that left before the answer; ' +
        'p95: duration of forwarded requests; unrouted: requests that no route matched',
    }),
    against: stringEnum(WATCH_BASES, {
      description: 'route: itself before the change; gateway: all routes before it, because the route is new',
    }),
    verdict: stringEnum(WATCH_VERDICTS, { description: 'unknown: fewer than 50 requests before or after the change' }),
    before: MeasuredView,
    after: MeasuredView,
    chance: nullable(
      Type.Number({
        description:
          '0 to 1: how likely chance alone shows such a rise; null: too few requests, or no rise that matters',
      }),
    ),
    limit: Type.Number({ description: 'It decides at or below this chance' }),
  },
  { $id: 'WatchComparison', title: 'A route before and after a change' },
);

export const WatchView = Type.Object(
  {
    state: stringEnum(WATCH_STATES, {
      description:
        'kept: nothing became worse, or an operator ended the watch; reverted: the text of the version before is back; ' +
        'ended: undecided, because of another change; revert_failed: it became worse, and the version before could not be applied',
    }),
    version: Type.Integer({ description: 'Number of the watched version' }),
    previous: Type.Integer({ description: 'Number of the version that returns if it makes something worse' }),
    seconds: Type.Integer(),
    started_at: timestamp(),
    ended_at: nullable(timestamp({ description: 'Null: it is running' })),
    look: Type.Integer({ description: 'How often it has looked' }),
    looks: Type.Integer({ description: 'How often it looks in all; two in a row decide' }),
    reason: nullable(
      Type.String({
        description: 'How it ended; null: it is running',
        examples: ['errors of route api rose from 0.5 % (2 of 400) to 31 % (62 of 200): the text of version 6 is back'],
      }),
    ),
    comparisons: Type.Array(refTo(ComparisonView), { description: 'The worst first, at most 100' }),
  },
  { $id: 'ConfigWatch', title: 'Watch of a change' },
);

export type WatchAnswer = Static<typeof WatchView>;

export const LastWatch = Type.Object(
  { watch: nullableRef(WatchView) },
  { description: 'The last watched change; null: none since the start' },
);

export function watchView({ startedAt, endedAt, comparisons, ...rest }: WatchReport): Static<typeof WatchView> {
  return {
    ...rest,
    started_at: isoTime(startedAt),
    ended_at: isoTimeOrNull(endedAt),
    comparisons: comparisons.map(comparisonView),
  };
}

export function lastWatch(report: WatchReport | null): Static<typeof LastWatch> {
  return { watch: report === null ? null : watchView(report) };
}

function comparisonView({ before, after, ...rest }: Comparison): Static<typeof ComparisonView> {
  return { ...rest, before: measuredView(before), after: measuredView(after) };
}

function measuredView({ p95Ms, ...rest }: Measured): Static<typeof MeasuredView> {
  return { ...rest, p95_ms: p95Ms };
}
