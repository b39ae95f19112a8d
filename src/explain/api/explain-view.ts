/** Bodies of /v1/api/explain. */
import { Type, type Static } from '@sinclair/typebox';
import { isoTime, nullable, nullableRef, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import { BackendView, backendView } from '../../backends/api/backend-view.ts';
import { DiscoveryPoolView, discoveryPoolView } from '../../discovery/api/discovery-view.ts';
import { GEO_SOURCES } from '../../geo/core/geo-vocabulary.ts';
import { LimitView, limitView } from '../../limits/api/limiter-view.ts';
import { UsageView, usageView } from '../../limits/api/limits-view.ts';
import { LOCALITY_LEVELS } from '../../balancing/core/balancing-vocabulary.ts';
import { URL_SCHEMES } from '../../policies/core/policies-vocabulary.ts';
import { EXPLAINED_IN_FLIGHT, EXPLAINED_LIMITS, EXPLAINED_STEPS, STEP_OUTCOMES } from '../core/explain-vocabulary.ts';
import type { Explanation } from '../explanation.ts';

const QUESTION = {
  scheme: Type.Optional(stringEnum(URL_SCHEMES, { description: 'Default: http' })),
  method: Type.Optional(Type.String({ maxLength: 64, description: 'Default: GET' })),
  host: Type.Optional(Type.String({ maxLength: 255, description: 'As in the Host field. Default: none' })),
  path: Type.Optional(
    Type.String({ maxLength: 8192, pattern: '^/', description: 'Path and query, percent-encoded. Default: `/`' }),
  ),
  client: Type.Optional(
    Type.String({
      maxLength: 255,
      description: 'Address that it comes from, or id of a registered client. Default: 127.0.0.1',
    }),
  ),
};

export const ExplainQuery = Type.Object({
  ...QUESTION,
  header: Type.Optional(
    Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 100 })], {
      description: 'A header field, `name: value`; may be repeated',
    }),
  ),
});

export const ExplainBody = Type.Object(
  {
    ...QUESTION,
    headers: Type.Optional(
      Type.Array(Type.String({ maxLength: 16_384 }), {
        maxItems: 100,
        description: 'Header fields, each `name: value`',
      }),
    ),
  },
  {
    additionalProperties: false,
    'x-examples': {
      path: { summary: 'A path', value: { host: 'localhost', path: '/api/hello' } },
      credentials: {
        summary: 'From somewhere else, with credentials',
        value: {
          method: 'POST',
          host: 'localhost',
          path: '/api/hello',
          client: '192.0.2.7',
          headers: ['X-Client-ID: mobile-app', 'Authorization: Bearer …'],
        },
      },
    },
  },
);

const StepView = Type.Object({
  step: stringEnum(EXPLAINED_STEPS),
  outcome: stringEnum(STEP_OUTCOMES, {
    description: '`passes`: it goes on; `answers`: it is answered here; `unknown`: only a real request finds out',
  }),
  decides: Type.Boolean({ description: 'The first that would certainly answer it' }),
  text: Type.String({ description: 'What is found, in a sentence' }),
  status: nullable(Type.Integer({ description: 'Of the answer; null: it passes, or a backend says it' })),
  error: nullable(Type.String({ description: 'Code of the error; null: none' })),
});

const VerdictView = Type.Object({
  route: Type.String(),
  taken: Type.Boolean(),
  reason: Type.String({ description: 'Why it is taken, or the first reason why it is not' }),
});

export const ExplanationView = Type.Object(
  {
    route: nullable(Type.String({ description: 'The route that the request takes; null: none, see `error`' })),
    error: nullable(Type.String({ description: 'Why it takes none' })),
    routes_total: Type.Integer(),
    verdicts: Type.Array(VerdictView, { description: 'The nearest routes first, at most 50' }),
    steps: Type.Array(StepView, {
      description:
        'What decides about it, in this order, up to the first without which nothing can be said about the rest',
    }),
    client: refTo(UsageView),
    admission: nullable(
      stringEnum(['allowed', 'denied'], { description: 'By `rate_limit.allowlist` and `denylist`; null: in neither' }),
    ),
    geo: nullable(
      Type.Object(
        {
          location: Type.String({ description: 'As in `match.geo` and the access log' }),
          source: stringEnum(GEO_SOURCES, { description: 'What says so: `geo.header` or `geo.table`' }),
        },
        { description: 'Where the client is; null: unknown, or nothing says where clients are' },
      ),
    ),
    cost: Type.Integer({ description: 'Tokens that it takes from each limit' }),
    limits: Type.Array(
      Type.Object({
        limit: stringEnum(EXPLAINED_LIMITS),
        policy: refTo(LimitView),
        tokens: Type.Number({ description: 'Left now' }),
        key: nullable(Type.String({ description: 'Of `route-key`: whose limit it is' })),
        would_refuse: Type.Boolean(),
        dry_run: Type.Boolean({ description: 'It refuses nothing' }),
      }),
    ),
    quotas: Type.Array(
      Type.Object({
        quota: Type.String({
          description:
            '`quota`: of all routes together; `quota-day`, `quota-month`: the same, of the client itself; `route-quota`: of its route',
        }),
        per: Type.String({ description: '`day` or `month`' }),
        requests: Type.Integer({ description: 'Most in the period' }),
        used: Type.Integer(),
        resets_at: timestamp({ description: 'End of the period' }),
        would_refuse: Type.Boolean(),
      }),
    ),
    in_flight: Type.Array(
      Type.Object({
        limit: stringEnum(EXPLAINED_IN_FLIGHT),
        running: Type.Integer({ description: 'Requests of the client now' }),
        most: Type.Integer(),
        would_refuse: Type.Boolean(),
      }),
    ),
    pool: nullable(Type.String({ description: 'Where it would go; null: nowhere, or chance decides' })),
    target: nullable(Type.String({ description: 'Path and query that backends get; null: those of the request' })),
    location: nullable(Type.String({ description: 'Where it is redirected to; null: nowhere' })),
    pools: Type.Array(
      Type.Object({
        name: Type.String(),
        algorithm: Type.String(),
        locality: nullable(
          Type.Array(
            Type.Object({
              locality: stringEnum(LOCALITY_LEVELS, { description: 'How near these backends are to the gateway' }),
              share: Type.Number({ minimum: 0, maximum: 1, description: 'Part of the requests that goes there' }),
              backends: Type.Array(Type.String()),
            }),
            { description: 'By `pools.*.locality`, the nearest first; null: it does not matter how near they are' },
          ),
        ),
        fallback: nullable(
          Type.Array(
            Type.Object({
              pool: Type.String(),
              share: Type.Number({ minimum: 0, maximum: 1, description: 'Part of its requests that goes there' }),
            }),
            {
              description:
                'The pool, its fallback, the fallback of that …; all 0: none of them is available; null: it has none',
            },
          ),
        ),
        // Where its members come from; null: it has only backends of the file and the API.
        discovery: nullableRef(DiscoveryPoolView),
        backends: Type.Array(refTo(BackendView), { description: '`source` says where each comes from' }),
      }),
      { description: 'All of the route, with `pool` first' },
    ),
  },
  { $id: 'Explanation', title: 'Explanation', description: 'What would happen to a request. No token is taken.' },
);

export const ExplainTokenView = Type.Object(
  {
    header: Type.String({ description: 'Send the token in this header field' }),
    token: Type.String(),
    expires_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'ExplainToken', title: 'Explain token' },
);

export type ExplanationAnswer = Static<typeof ExplanationView>;

export function explanationView(explanation: Explanation): ExplanationAnswer {
  const { routes, verdicts, client, limits, quotas, inFlight, pools, steps, geo, ...rest } = explanation;
  const decider = steps.find(({ outcome }) => outcome === 'answers');
  return {
    ...rest,
    geo: geo && { location: geo.name, source: geo.isStated ? 'header' : 'table' },
    routes_total: routes,
    verdicts: verdicts.map(({ name, isTaken, reason }) => ({ route: name, taken: isTaken, reason })),
    steps: steps.map((step) => ({ ...step, decides: step === decider })),
    client: usageView(client),
    limits: limits.map(({ limit, capacity, ratePerSecond, windowMs, tokens, key, wouldRefuse, isDry }) => ({
      limit,
      policy: limitView({ capacity, ratePerSecond, windowMs }),
      tokens,
      key,
      would_refuse: wouldRefuse,
      dry_run: isDry,
    })),
    quotas: quotas.map(({ endsAt, wouldRefuse, ...quota }) => ({
      ...quota,
      resets_at: isoTime(endsAt),
      would_refuse: wouldRefuse,
    })),
    in_flight: inFlight.map(({ wouldRefuse, ...each }) => ({ ...each, would_refuse: wouldRefuse })),
    pools: pools.map(({ name, algorithm, locality, fallback, discovery, backends }) => ({
      name,
      algorithm,
      locality: locality && locality.map((level) => ({ ...level, backends: [...level.backends] })),
      fallback: fallback && [...fallback],
      discovery: discovery && discoveryPoolView(discovery),
      backends: backends.map(backendView),
    })),
  };
}
