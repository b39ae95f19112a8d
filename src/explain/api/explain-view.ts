/** Bodies of /v1/api/explain. */
import { Type, type Static } from '@sinclair/typebox';
import { nullable, refTo } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import { BackendView, backendView } from '../../backends/api/backend-view.ts';
import { LimitView, limitView } from '../../limits/api/limiter-view.ts';
import { UsageView, usageView } from '../../limits/api/limits-view.ts';
import { EXPLAINED_LIMITS } from '../core/explain-vocabulary.ts';
import type { Explanation } from '../explanation.ts';

export const ExplainQuery = Type.Object({
  method: Type.Optional(Type.String({ maxLength: 64, description: 'Default: GET' })),
  host: Type.Optional(Type.String({ maxLength: 255, description: 'As in the Host field. Default: none' })),
  path: Type.Optional(
    Type.String({ maxLength: 8192, pattern: '^/', description: 'Path and query, percent-encoded. Default: `/`' }),
  ),
  header: Type.Optional(
    Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 100 })], {
      description: 'A header field, `name: value`; may be repeated',
    }),
  ),
  client: Type.Optional(
    Type.String({ maxLength: 255, description: 'Address or id of the client. Default: 127.0.0.1' }),
  ),
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
    client: refTo(UsageView),
    admission: nullable(
      stringEnum(['allowed', 'denied'], { description: 'By `rate_limit.allowlist` and `denylist`; null: in neither' }),
    ),
    cost: Type.Integer({ description: 'Tokens that it takes from each limit' }),
    limits: Type.Array(
      Type.Object({
        limit: stringEnum(EXPLAINED_LIMITS),
        policy: refTo(LimitView),
        tokens: Type.Number({ description: 'Left now' }),
        would_refuse: Type.Boolean(),
      }),
    ),
    pools: Type.Array(
      Type.Object({ name: Type.String(), algorithm: Type.String(), backends: Type.Array(refTo(BackendView)) }),
      { description: 'Where it may go; several with a split' },
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
  const { route, error, routes, verdicts, client, admission, cost, limits, pools } = explanation;
  return {
    route,
    error,
    routes_total: routes,
    verdicts: verdicts.map(({ name, isTaken, reason }) => ({ route: name, taken: isTaken, reason })),
    client: usageView(client),
    admission,
    cost,
    limits: limits.map(({ limit, policy, tokens, wouldRefuse }) => ({
      limit,
      policy: limitView(policy),
      tokens,
      would_refuse: wouldRefuse,
    })),
    pools: pools.map(({ name, algorithm, backends }) => ({ name, algorithm, backends: backends.map(backendView) })),
  };
}
