/** Why a request is handled as it is: one that is described, or a real one that carries a token. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import fp from 'fastify-plugin';
import { COMMON_ERRORS, errorAnswers } from '../../../src/api/error-schema.ts';
import { refTo } from '../../../src/api/json-types.ts';
import { GatewayError } from '../../../src/errors.ts';
import {
  explanationView,
  ExplainBody,
  ExplainQuery,
  ExplainTokenView,
  ExplanationView,
} from '../../../src/explain/api/explain-view.ts';
import type { ExplainedRequest } from '../../../src/explain/core/thread-explanation.ts';
import type { ExplainService } from '../../../src/explain/explanation.ts';
import { clientKey } from '../../../src/identity/client-key.ts';
import { formatAddress, parseCidr } from '../../../src/net/ip-address.ts';
import { malformedKey } from '../../../src/limits/api/client.ts';

const LOOPBACK = '127.0.0.1';

export interface ExplainOptions {
  readonly explain: ExplainService;
}

const SUMMARY = {
  tags: ['config'],
  description:
    'By what the traffic threads would do with a real one, and without taking a token, asking a backend or a service, or ' +
    'counting anything.',
  response: {
    200: refTo(ExplanationView, { description: 'As things are now' }),
    ...errorAnswers('GW_VALIDATION', 'GW_STOPPING', ...COMMON_ERRORS),
  },
};

const plugin: FastifyPluginAsyncTypebox<ExplainOptions> = async (app, { explain: service }) => {
  app.get(
    '/v1/api/explain',
    {
      schema: {
        ...SUMMARY,
        operationId: 'explainRequest',
        summary: 'Explain what would happen to a request, in the order in which it is decided',
        querystring: ExplainQuery,
      },
    },
    async ({ query: { header, ...question } }) =>
      explanationView(await service.explain(requestOf(question, header === undefined ? [] : [header].flat()))),
  );

  app.post(
    '/v1/api/explain',
    {
      config: { role: 'viewer', isQuestion: true },
      schema: {
        ...SUMMARY,
        operationId: 'explainSecretRequest',
        summary: 'The same for a request with credentials, which belong in no URL',
        body: ExplainBody,
        response: {
          ...SUMMARY.response,
          ...errorAnswers('GW_BAD_JSON', 'GW_BODY_TOO_LARGE', 'GW_UNSUPPORTED_MEDIA_TYPE'),
        },
      },
    },
    async ({ body: { headers = [], ...question } }) =>
      explanationView(await service.explain(requestOf(question, headers))),
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

interface Question {
  readonly scheme?: ExplainedRequest['scheme'];
  readonly method?: string;
  readonly host?: string;
  readonly path?: string;
  readonly client?: string;
}

function requestOf(
  { scheme = 'http', method = 'GET', host, path: target = '/', client = LOOPBACK }: Question,
  fields: readonly string[],
): ExplainedRequest {
  const key = clientKey(client);
  if (key === undefined) throw malformedKey();
  const block = key.kind === 'id' ? undefined : parseCidr(key.key);
  const headers = headersOf(fields);
  return {
    scheme,
    method,
    host: host ?? headers['host'],
    target,
    headers,
    // Of a block, its first address.
    address: block === undefined ? LOOPBACK : formatAddress(block),
    id: key.kind === 'id' ? key.key : null,
  };
}

function headersOf(fields: readonly string[]): Record<string, string> {
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
