/** What all error answers share: their body, 404 or 405, and one line in the log. */
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import fp from 'fastify-plugin';
import { adminSchemaController } from '../../../src/api/ajv.ts';
import { answerErrors, answerFrameworkError, answerParserError } from '../../../src/api/answer-errors.ts';

/** Register first: routes that already exist are not covered. */
async function errorAnswers(app: FastifyInstance): Promise<void> {
  // The API takes JSON only; Fastify would also read text/plain.
  app.removeContentTypeParser('text/plain');
  answerErrors(app);
}

/** Options of the admin application, in the process and in tests alike: a plugin would set them too late. */
export const adminServerOptions = {
  bodyLimit: 1024 * 1024,
  schemaController: adminSchemaController,
  frameworkErrors: answerFrameworkError,
  clientErrorHandler(this: FastifyInstance, cause, socket) {
    answerParserError(cause, socket, this.log);
  },
  routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
} satisfies FastifyServerOptions;

export default fp(errorAnswers, { name: 'error-answers' });
