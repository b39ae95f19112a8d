/** How the admin API validates: nothing is dropped or converted silently, and every mistake is named at once. */
import { Ajv, type Options } from 'ajv';
import type { FastifySchemaCompiler, FastifyServerOptions } from 'fastify';
import { FORMATS } from './formats.ts';

const OPTIONS: Options = {
  allErrors: true,
  verbose: true,
  removeAdditional: false,
  useDefaults: true,
  strict: false,
  // JSON.parse makes Infinity of 1e400.
  strictNumbers: true,
  formats: Object.fromEntries(Object.entries(FORMATS).map(([name, { isValid }]) => [name, isValid])),
};

/**
 * For Fastify's `schemaController` option. In a URL everything is text: numbers and booleans are read from it. In a
 * JSON body "5" is not 5.
 */
export function buildValidator(sharedSchemas: unknown): FastifySchemaCompiler<object> {
  const exact = new Ajv(OPTIONS);
  const coercing = new Ajv({ ...OPTIONS, coerceTypes: true });
  for (const schema of Object.values(sharedSchemas as Record<string, object>)) {
    exact.addSchema(schema);
    coercing.addSchema(schema);
  }
  return ({ schema, httpPart }) => (httpPart === 'body' ? exact : coercing).compile(schema);
}

/** Give this to Fastify when it is made: a plugin comes too late for it. */
export const adminSchemaController: NonNullable<FastifyServerOptions['schemaController']> = {
  // Fastify's type is that of its own builder, which also serves JSON Type Definition.
  compilersFactory: { buildValidator: buildValidator as never },
};
