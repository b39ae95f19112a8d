/** Why a request is handled as it is: one that is described, or a real one that carries a token. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import fp from 'fastify-plugin';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { refTo } from '../../../src/api/json-types.ts';
import { GatewayError } from '../../../src/errors.ts';
import {
  explanationView,
  ExplainQuery,
  ExplainTokenView,
  ExplanationView,
} from '../../../src/explain/api/explain-view.ts';
import type { ExplainService } from '../../../src/explain/explanation.ts';
import { clientKey } from '../../../src/identity/client-key.ts';
import { malformedKey } from '../../../src/limits/api/client.ts';

export interface ExplainOptions {
  readonly explain: ExplainService;
}

const plugin: FastifyPluginAsyncTypebox<ExplainOptions> = async (app, { explain: service }) => {
  app.get(
    '/v1/api/explain',
    {
      schema: {
        tags: ['config'],
        operationId: 'explainRequest',
        summary: 'Explain what would happen to a request: route, client, limits, backends',
        description: 'By the same rules as for real requests, and without taking a token from any limit.',
        querystring: ExplainQuery,
        response: {
          200: refTo(ExplanationView, { description: 'As things are now' }),
          ...errorAnswers('GW_VALIDATION', ...COMMON_ERRORS),
        },
      },
    },
    async ({ query }) => {
      const client = clientKey(query.client ?? '127.0.0.1');
      if (client === undefined) throw malformedKey();
      const { method = 'GET', host, path: target = '/' } = query;
      return explanationView(service.explain({ method, host, target, headers: headersOf(query.header), client }));
    },
  );

  app.post(
    '/v1/api/explain/token',
    {
      config: { role: 'operator', isQuestion: true },
      schema: {
        tags: ['config'],
        operationId: 'createExplainToken',
        summary: 'Create a token with which a real request says how it was handled',
        description:
          'The answer to a request with the token has a field of the same name: JSON with route, client, pool, tries and ' +
          'times. Good for a minute, on this gateway. The token never reaches a backend.',
        response: { 200: refTo(ExplainTokenView, { description: 'The token' }), ...errorAnswers(...COMMON_ERRORS) },
      },
    },
    async () => {
      const { header, token, expiry } = service.sign();
      return { header, token, expires_at: new Date(expiry * 1000).toISOString() };
    },
  );
};

function headersOf(given: string | readonly string[] | undefined): Record<string, string> {
  const fields = given === undefined ? [] : [given].flat();
  return Object.fromEntries(
    fields.map((field) => {
      const colon = field.indexOf(':');
      if (colon < 1) {
        const message = `header: found ${JSON.stringify(field)}; allowed: name: value`;
        throw new GatewayError('GW_VALIDATION', { message });
      }
      return [field.slice(0, colon).trim().toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
}

export default fp(plugin, { name: 'explain-request', dependencies: ['schemas', 'audit'] });
