/** Tells a caller who it is, so that a page knows whether to ask for a token and what to offer. */
import fp from 'fastify-plugin';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { ANONYMOUS } from '../../../src/admin-access/access-token.ts';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { refTo } from '../../../src/api/json-types.ts';
import { SessionView } from '../../../src/admin-access/api/session-view.ts';

const session: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/v1/api/session',
    {
      config: { isPublic: true },
      schema: {
        tags: ['security'],
        // A token may be sent, but is not required.
        security: [{}, { bearer: [] }],
        operationId: 'getSession',
        summary: 'Read who the token belongs to',
        description: 'Needs no token. A wrong token is answered 401, as everywhere.',
        response: {
          200: refTo(SessionView, { description: 'The caller' }),
          ...errorAnswers(...COMMON_ERRORS),
        },
      },
    },
    async (request, reply) => {
      const principal = app.identify(request, reply);
      if (principal === ANONYMOUS) return { authentication: 'none', name: null, role: principal.role } as const;
      return { authentication: 'token', name: principal?.name ?? null, role: principal?.role ?? null } as const;
    },
  );
};

export default fp(session, { name: 'session', dependencies: ['schemas', 'auth'] });
