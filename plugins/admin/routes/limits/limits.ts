/**
 * Reads the limits: the current ones and what is left of them, any client's level, the busiest and most refused
 * clients.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import fp from 'fastify-plugin';
import { TALKERS_SECONDS } from '../../../../src/limits/core/top-talkers.ts';
import { clientKey } from '../../../../src/identity/client-key.ts';
import { ClientPath, malformedKey } from '../../../../src/limits/api/client.ts';
import { COMMON_ERRORS, errorAnswers } from '../../../../src/api/error-schema.ts';
import { refTo } from '../../../../src/api/json-types.ts';
import {
  LimitsView,
  limitsView,
  TopTalkersQuery,
  TopTalkersView,
  topTalkersView,
  UsageView,
  usageView,
} from '../../../../src/limits/api/limits-view.ts';
import type { LimitReports } from '../../../../src/limits/limit-reports.ts';

export interface LimitsOptions {
  readonly reports: LimitReports;
}

const limits: FastifyPluginAsyncTypebox<LimitsOptions> = async (app, { reports }) => {
  app.get(
    '/v1/api/limits',
    {
      schema: {
        tags: ['limits'],
        operationId: 'getLimits',
        summary: 'Read the current limits, and what is left of the shared ones',
        response: { 200: refTo(LimitsView, { description: 'The current state' }), ...errorAnswers(...COMMON_ERRORS) },
      },
    },
    async () => limitsView(reports.report()),
  );

  app.get(
    '/v1/api/limits/top',
    {
      schema: {
        tags: ['limits'],
        operationId: 'getTopTalkers',
        summary: 'List the busiest or most refused clients of the last minute',
        querystring: TopTalkersQuery,
        response: {
          200: refTo(TopTalkersView, { description: 'Most first' }),
          ...errorAnswers('GW_VALIDATION', ...COMMON_ERRORS),
        },
      },
    },
    async ({ query }) => topTalkersView(await reports.top(query.by, query.limit), TALKERS_SECONDS),
  );

  app.get(
    '/v1/api/clients/:key/usage',
    {
      schema: {
        tags: ['clients'],
        operationId: 'getClientUsage',
        summary: 'Read how much of its limit a client has used',
        description: 'For any address or id, registered or not. Percent-encode slashes and colons in the key.',
        params: ClientPath,
        response: {
          200: refTo(UsageView, { description: 'The current state' }),
          ...errorAnswers('GW_VALIDATION', ...COMMON_ERRORS),
        },
      },
    },
    async ({ params }) => {
      const client = clientKey(params.key);
      if (client === undefined) throw malformedKey();
      return usageView(reports.usage(client));
    },
  );
};

export default fp(limits, { name: 'limits', dependencies: ['schemas', 'auth'] });
