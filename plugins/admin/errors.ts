/** What every answer that is an error has in common: its body, 404 or 405, and one line in the log. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import fp from 'fastify-plugin';
import { errorBody, GatewayError } from '../../src/errors.ts';
import { MethodTable } from '../../src/http/method-table.ts';
import { requestError } from '../../src/api/request-error.ts';
import { adminSchemaController } from '../../src/api/ajv.ts';
import { fieldProblems } from '../../src/api/field-problems.ts';

/** Register first: routes that are already there are not seen. */
async function errors(app: FastifyInstance): Promise<void> {
  const table = new MethodTable();
  // The API takes JSON only; Fastify would also read text/plain.
  app.removeContentTypeParser('text/plain');
  app.addHook('onRoute', (route) => table.add(route.url, route.method));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => {
    const allowed = table.allowed(new URL(request.url, 'http://localhost').pathname);
    if (allowed.length === 0 || allowed.includes(request.method)) throw new GatewayError('GW_NOT_FOUND');
    reply.header('allow', allowed.join(', '));
    throw new GatewayError('GW_METHOD_NOT_ALLOWED');
  });
}

/** Also for Fastify's `frameworkErrors` option: a malformed URL is found before there is a route. */
export function answerError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const known = requestError(error, fieldProblems);
  // The database's state is logged when it changes, not per request.
  if (known.statusCode >= 500 && known.code !== 'GW_DATABASE_UNAVAILABLE') {
    request.log.error({ err: error, code: known.code }, 'request failed');
  }
  if (known.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(known.retryAfterMs / 1000));
  void reply.code(known.statusCode).send(errorBody(known, request.id));
}

/** What the admin application is made with, in the process and in tests alike: these options come too late in a plugin. */
export const adminServerOptions = {
  bodyLimit: 1024 * 1024,
  schemaController: adminSchemaController,
  frameworkErrors: answerError,
  routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
} satisfies FastifyServerOptions;

export default fp(errors, { name: 'errors' });
