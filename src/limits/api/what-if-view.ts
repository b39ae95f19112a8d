/** Bodies and answers of the what-if routes. */
import { type Static, Type } from '@sinclair/typebox';
import { isoTime, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import { CLIENT_KINDS } from '../../identity/core/identity-vocabulary.ts';
import type { ClientLimit } from '../client-limit.ts';
import { CAPACITY, LIMIT_ALGORITHMS, RATE, WINDOW_SECONDS } from '../core/limits-vocabulary.ts';
import type { ClientOutcome, ClientWhatIf, DefaultOutcome, DefaultWhatIf, RefusedClient } from '../what-if.ts';
import { LimitView, limitView } from './limiter-view.ts';

export const WhatIfBody = Type.Object(
  {
    capacity: Type.Optional(Type.Number({ ...CAPACITY, examples: [50] })),
    rate_per_second: Type.Optional(Type.Number({ ...RATE, description: 'Of a token bucket', examples: [5] })),
    algorithm: Type.Optional(stringEnum(LIMIT_ALGORITHMS, { description: 'Follows from the other fields' })),
    window_seconds: Type.Optional(Type.Number({ ...WINDOW_SECONDS, description: 'Of a sliding window' })),
  },
  { additionalProperties: false, examples: [{ capacity: 50, rate_per_second: 5 }] },
);

const Recorded = Type.Object(
  { since: timestamp(), until: timestamp(), seconds: Type.Integer() },
  { $id: 'RecordedDemand', title: 'Recorded demand', description: 'The part of the last hour that is known' },
);

const smallestCapacity = Type.Integer({ description: 'The smallest that refuses nobody, at this rate or window' });
const smallestRate = nullable(
  Type.Number({
    description:
      'The smallest that refuses nobody with this capacity, rounded up to three digits; 0: any rate; null: no rate ' +
      'does, or it is a sliding window',
  }),
);

const ClientOutcomeView = Type.Object(
  {
    refused: Type.Integer({ description: 'Requests' }),
    longest_wait_seconds: nullable(
      Type.Number({ description: 'The highest Retry-After; null: a request costs more than the capacity' }),
    ),
    worst_minute: Type.Unsafe<{ since: string; refused: number } | null>({
      anyOf: [Type.Object({ since: timestamp(), refused: Type.Integer() }), { type: 'null' }],
      description: 'The 60 seconds with the most refusals; null: there were none',
    }),
    smallest_capacity: smallestCapacity,
    smallest_rate_per_second: smallestRate,
  },
  { $id: 'ClientReplay', title: 'Replay of a client' },
);

const DefaultOutcomeView = Type.Object(
  {
    refused: Type.Integer({ description: 'Requests' }),
    refused_clients: Type.Integer(),
    smallest_capacity: smallestCapacity,
    smallest_rate_per_second: smallestRate,
  },
  { $id: 'DefaultReplay', title: 'Replay of all clients' },
);

const EVEN = { description: 'If the requests of each second were spread evenly over it' };
const AT_ONCE = { description: 'If the requests of each second all came at its beginning' };

const ClientVerdict = Type.Object(
  { limit: refTo(LimitView), even: refTo(ClientOutcomeView, EVEN), at_once: refTo(ClientOutcomeView, AT_ONCE) },
  { $id: 'ClientVerdict', title: 'A limit for a client' },
);
const DefaultVerdict = Type.Object(
  { limit: refTo(LimitView), even: refTo(DefaultOutcomeView, EVEN), at_once: refTo(DefaultOutcomeView, AT_ONCE) },
  { $id: 'DefaultVerdict', title: 'A limit for all clients' },
);

const kind = stringEnum(CLIENT_KINDS);
const requests = Type.Integer({ description: 'Admitted or refused; preflights that cost nothing are left out' });
const tokens = Type.Integer({ description: 'What they cost' });
const notes = Type.Array(Type.String(), { description: 'What to keep in mind' });

export const ClientWhatIfView = Type.Object(
  {
    key: Type.String({ description: 'Canonical' }),
    kind,
    counted_as: Type.String({ description: 'Key of the client whose limit applies' }),
    recorded: refTo(Recorded),
    requests,
    tokens,
    current: refTo(ClientVerdict),
    proposed: refTo(ClientVerdict),
    notes,
  },
  { $id: 'ClientWhatIf', title: 'What if a client had another limit' },
);

export const DefaultWhatIfView = Type.Object(
  {
    recorded: refTo(Recorded),
    clients: Type.Integer({ description: 'Clients that were replayed: the busiest under the default limit' }),
    covered_share: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Share of the requests of all clients in the hour that are recorded by client',
    }),
    requests,
    tokens,
    current: refTo(DefaultVerdict),
    proposed: refTo(DefaultVerdict),
    refused_clients: Type.Array(
      Type.Object({
        key: Type.String(),
        kind,
        requests: Type.Integer(),
        refused_even: Type.Integer(),
        refused_at_once: Type.Integer(),
      }),
      { description: 'Whom the proposed limit would have refused, most first; at most 100' },
    ),
    notes,
  },
  { $id: 'DefaultWhatIf', title: 'What if the default limit were another' },
);

export const WHAT_IF_SCHEMAS = [
  Recorded,
  ClientOutcomeView,
  DefaultOutcomeView,
  ClientVerdict,
  DefaultVerdict,
  ClientWhatIfView,
  DefaultWhatIfView,
];

export function wantedLimit(body: Static<typeof WhatIfBody>): Partial<ClientLimit> {
  return {
    ...(body.algorithm === undefined ? {} : { algorithm: body.algorithm }),
    ...(body.capacity === undefined ? {} : { capacity: body.capacity }),
    ...(body.rate_per_second === undefined ? {} : { ratePerSecond: body.rate_per_second }),
    ...(body.window_seconds === undefined ? {} : { windowSeconds: body.window_seconds }),
  };
}

export function clientWhatIfView(answer: ClientWhatIf): Static<typeof ClientWhatIfView> {
  const { current, proposed } = answer;
  const verdict = ({ policy, even, at_once: atOnce }: ClientWhatIf['current']): Static<typeof ClientVerdict> => ({
    limit: limitView(policy),
    even: outcomeView(even),
    at_once: outcomeView(atOnce),
  });
  return {
    key: answer.key,
    kind: answer.kind,
    counted_as: answer.countedAs,
    ...recordView(answer),
    current: verdict(current),
    proposed: verdict(proposed),
    notes: [...answer.notes],
  };
}

export function defaultWhatIfView(answer: DefaultWhatIf): Static<typeof DefaultWhatIfView> {
  const verdict = ({ policy, even, at_once: atOnce }: DefaultWhatIf['current']): Static<typeof DefaultVerdict> => ({
    limit: limitView(policy),
    even: defaultOutcomeView(even),
    at_once: defaultOutcomeView(atOnce),
  });
  return {
    ...recordView(answer),
    clients: answer.clients,
    covered_share: Math.floor(answer.coveredShare * 1000) / 1000,
    current: verdict(answer.current),
    proposed: verdict(answer.proposed),
    refused_clients: answer.refusedClients.map(refusedView),
    notes: [...answer.notes],
  };
}

function recordView({
  recorded,
  requests: count,
  tokens: cost,
}: Pick<ClientWhatIf, 'recorded' | 'requests' | 'tokens'>) {
  const { since, until, seconds } = recorded;
  return { recorded: { since: isoTime(since), until: isoTime(until), seconds }, requests: count, tokens: cost };
}

function outcomeView(outcome: ClientOutcome): Static<typeof ClientOutcomeView> {
  const { refused, longestWaitMs, worstMinute } = outcome;
  return {
    refused,
    longest_wait_seconds: Number.isFinite(longestWaitMs) ? Math.round(longestWaitMs) / 1000 : null,
    worst_minute: worstMinute === null ? null : { since: isoTime(worstMinute.start), refused: worstMinute.refused },
    smallest_capacity: outcome.smallestCapacity,
    smallest_rate_per_second: outcome.smallestRate,
  };
}

function defaultOutcomeView(outcome: DefaultOutcome): Static<typeof DefaultOutcomeView> {
  return {
    refused: outcome.refused,
    refused_clients: outcome.refusedClients,
    smallest_capacity: outcome.smallestCapacity,
    smallest_rate_per_second: outcome.smallestRate,
  };
}

function refusedView({ key, kind: kindOf, requests: count, refused }: RefusedClient) {
  return { key, kind: kindOf, requests: count, refused_even: refused.even, refused_at_once: refused.at_once };
}
