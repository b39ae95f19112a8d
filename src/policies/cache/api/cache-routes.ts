/** Bodies and schemas of the routes of /v1/api/cache. */
import { Type, type Static } from '@sinclair/typebox';
import { BODY_ERRORS, COMMON_ERRORS, errorAnswers } from '../../../api/error-schema.ts';
import { GatewayError } from '../../../errors.ts';
import type { CachePurge } from '../core/cache-purger.ts';

const PurgeBody = Type.Object(
  {
    route: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Name. Default: all routes' })),
    host: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 300,
        description: 'As clients send it, with its port if that is not the default one. Default: all hosts',
      }),
    ),
    path: Type.Optional(
      Type.String({
        pattern: '^/[^?#]*$',
        maxLength: 8000,
        description: 'As clients send it, without the query: answers for all queries are removed. Default: all paths',
      }),
    ),
    prefix: Type.Optional(
      Type.Boolean({ default: false, description: 'Also all paths that begin with these characters' }),
    ),
  },
  {
    additionalProperties: false,
    description: 'All that is given must apply',
    'x-examples': {
      all: { summary: 'Everything', value: {} },
      path: { summary: 'One path', value: { path: '/api/hello' } },
      prefix: { summary: 'All paths below one', value: { path: '/api/', prefix: true } },
    },
  },
);

const PurgeView = Type.Object(
  {
    removed: Type.Integer({
      minimum: 0,
      description: 'Stored answers; one that several threads have counts once for each',
    }),
  },
  { description: 'How many were removed' },
);

export const purgeCache = {
  tags: ['cache'],
  operationId: 'purgeCache',
  summary: 'Remove stored answers',
  description:
    'An empty object removes all. Answered once every thread has removed its own; what was on its way then is not ' +
    'stored either. Of this gateway only.',
  body: PurgeBody,
  response: {
    200: PurgeView,
    ...errorAnswers(...BODY_ERRORS, ...COMMON_ERRORS),
  },
};

/** Throws GW_VALIDATION. @param routes names of those with a cache */
export function wantedPurge(body: Static<typeof PurgeBody>, routes: readonly string[]): CachePurge {
  const { route = null, host = null, path = null, prefix = false } = body;
  if (route !== null && !routes.includes(route)) {
    const known = routes.length === 0 ? 'none' : routes.join(', ');
    throw invalid('route', `no such route has a cache; those that have one: ${known}`);
  }
  if (prefix && path === null) throw invalid('prefix', 'needs path');
  return { route, host: host?.toLowerCase() ?? null, path, isPrefix: prefix };
}

function invalid(field: string, message: string): GatewayError {
  return new GatewayError('GW_VALIDATION', { details: [{ field, message }] });
}
