import { Type } from '@sinclair/typebox';

import { IN_FLIGHT_PER_CLIENT } from '../../../limits/core/limits-vocabulary.ts';
import { MAX_PRIORITY, PRIORITY_NAMES, type PriorityName } from '../../../policies/core/policies-vocabulary.ts';
import { AuthSchema } from './auth-schema.ts';
import { CacheSchema } from './cache-schema.ts';
import { CompressionSchema } from './compression-schema.ts';
import { CorsSchema } from './cors-schema.ts';
import { CostSchema } from './cost-schema.ts';
import { ErrorPagesSchema } from './error-page-schema.ts';
import { fieldChanges } from './field-change-schema.ts';
import { GEO_CONDITION } from './geo-schema.ts';
import { clientLimit, limit } from './limit-schema.ts';
import { RedirectSchema } from './redirect-schema.ts';
import { RespondSchema } from './respond-schema.ts';
import { RewriteSchema } from './rewrite-schema.ts';
import { MirrorSchema } from './mirror-schema.ts';
import { quota } from './quota-schema.ts';
import { SPLIT_PROPERTIES } from './split-schema.ts';
import { durationOrZero, flag, integer, listOf, section, text } from '../schema-kinds.ts';

/** A route: which requests it matches, and what it does with them. Which keys may be combined: check-routes.ts. */

/** Names to values. */
function fields(value: 'header-value' | 'expression', description: string) {
  return Type.Record(Type.String(), text(value, ''), { default: {}, description });
}

const MatchSchema = section(
  {
    headers: fields(
      'header-value',
      'Header fields that a request must have, with exactly these values; `"*"`: any value.',
    ),
    headers_regex: fields(
      'expression',
      'The same with regular expressions, which match anywhere in the value unless anchored.',
    ),
    query: fields('header-value', 'Query parameters, decoded; `"*"`: any value. The first counts if one is repeated.'),
    query_regex: fields('expression', 'The same with regular expressions.'),
    geo: GEO_CONDITION,
  },
  'What a request must have in addition. All of it must match.',
);

export const RouteSchema = Type.Object(
  {
    name: Type.Optional(text('route-name', 'Name in logs and metrics. Default: derived from what the route matches.')),
    host: Type.Optional(text('route-host', 'Host without port, or `*.example.com`. Default: any.')),
    path: Type.Optional(
      text('path', 'Matches this path only, `/api` not `/api/`. Comes before `path_regex` and `path_prefix`.'),
    ),
    path_prefix: Type.Optional(
      text(
        'path',
        'Matches whole segments: `/api` matches `/api` and `/api/x`, not `/apix`. The longest comes first. Default: `/`, unless `path` or `path_regex` is set.',
      ),
    ),
    path_regex: Type.Optional(
      text(
        'expression',
        "Matches paths by a regular expression in RE2's syntax, anywhere in the path unless anchored by `^` and `$`. Comes before `path_prefix`, in the order of the file.",
      ),
    ),
    methods: listOf(text('method', 'A method; case-sensitive.'), [], 'Empty: any.'),
    match: MatchSchema,
    pool: Type.Optional(Type.String({ description: 'Name of the pool that handles the requests.' })),
    auth: AuthSchema,
    allow: listOf(
      text('cidr', 'An address or block.'),
      [],
      'Addresses that may use the route; all others are answered 403. Empty: all but those in `deny`.',
    ),
    deny: listOf(
      text('cidr', 'An address or block.'),
      [],
      'Addresses that are answered 403. If an address is in a block of each list, the smaller block wins; if they are equal, this list.',
    ),
    cors: CorsSchema,
    ...SPLIT_PROPERTIES,
    redirect: RedirectSchema,
    respond: RespondSchema,
    strip_prefix: flag(
      false,
      'Remove `path_prefix` before forwarding: `/api/x` becomes `/x`. `/api` alone becomes the base path of the backend, or `/` if it has none.',
    ),
    rewrite: RewriteSchema,
    request_headers: fieldChanges('Header fields of requests, changed before they are forwarded.', {
      example: 'x-user: "{client_id}"',
      isSecret: true,
    }),
    response_headers: fieldChanges(
      'Header fields of answers, changed before clients get them; also of those that the gateway gives itself.',
      {
        example: 'x-frame-options: DENY',
        isSecret: false,
      },
    ),
    error_pages: ErrorPagesSchema,
    security_headers: flag(
      false,
      'Add header fields that make browsers more careful, where the backend sends none of the name: docs/policies.md.',
    ),
    compression: CompressionSchema,
    cache: CacheSchema,
    plugins: listOf(
      Type.String(),
      [],
      'Names of plugins in `plugins` that see its requests and answers, in this order.',
    ),
    inherit: flag(true, 'False: nothing of `route_defaults` applies to this route.'),
    timeout: durationOrZero('120s', 'Time until the response head, including all retries; `0s`: no limit.'),
    upgrade_idle_timeout: durationOrZero(
      '1h',
      'A WebSocket or other upgraded connection is closed after being idle this long; `0s`: never.',
    ),
    max_body_bytes: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Largest request body. Bytes. Default: no limit.',
      }),
    ),
    priority: Type.Unsafe<number | PriorityName>(
      Type.Union(
        [Type.Integer({ minimum: 0, maximum: MAX_PRIORITY }), ...PRIORITY_NAMES.map((name) => Type.Literal(name))],
        {
          default: 'normal',
          description:
            'With `server.shedding`: requests of lower priority are refused first. `low` is 2, `normal` 5, `high` 7, `critical` 9, which is never refused.',
        },
      ),
    ),
    cost: integer([1, 100], 1, 'Tokens a request takes from every limit that applies to it.'),
    cost_from: CostSchema,
    mirror: MirrorSchema,
    max_in_flight_per_client: Type.Optional(
      Type.Integer({
        ...IN_FLIGHT_PER_CLIENT,
        description:
          'Most requests of a client on this route at a time, across all threads of this gateway; further ones are answered 429. An upgraded connection counts until it closes. Default: no limit.',
      }),
    ),
    quota: quota('Requests of each client on this route in a day or month.'),
    rate_limit: Type.Optional(
      Type.Object(
        {
          client: clientLimit('Limit per client on this route, in addition to its general one. Default: none.'),
          total: limit('Limit of all clients together on this route. Default: none.'),
          dry_run: flag(false, 'Only report requests that these limits would refuse.'),
          free_preflight: flag(
            false,
            'CORS preflights are not charged to the limits of the client and the route. Instead, each client may send as many as the default limit allows, and the global limit counts them.',
          ),
        },
        {
          additionalProperties: false,
          description:
            'Limits of this route, in addition to those in `rate_limit`. Without `redis`, each gateway counts its own.',
        },
      ),
    ),
  },
  { additionalProperties: false, description: 'Maps requests to pools, or answers them.' },
);
