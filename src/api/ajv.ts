/**
 * How the admin API validates and serializes: nothing is dropped or converted silently, and all mistakes are reported
 * at once.
 */
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import { Ajv, type Options, type ValidateFunction } from 'ajv';
import type { FastifySchemaCompiler, FastifyServerOptions } from 'fastify';
import type { FastifyValidationResult } from 'fastify/types/schema.js';
import { FORMATS } from './string-formats.ts';

/** The part of Ajv's compiled validators used here. */
interface Validate {
  (data: unknown): unknown;
  errors?: ValidateFunction['errors'];
  schema?: ValidateFunction['schema'] | undefined;
}

const OPTIONS: Options = {
  allErrors: true,
  verbose: true,
  removeAdditional: false,
  useDefaults: true,
  strict: false,
  // TypeBox built the schemas: checking them would take longer than everything else at the start.
  validateSchema: false,
  // JSON.parse makes Infinity of 1e400.
  strictNumbers: true,
  formats: Object.fromEntries(Object.entries(FORMATS).map(([name, { isValid }]) => [name, isValid])),
};

/**
 * For Fastify's `schemaController` option. In a URL everything is text: numbers and booleans are converted. In a JSON
 * body "5" is not 5.
 */
export function buildValidator(sharedSchemas: unknown): FastifySchemaCompiler<object> {
  const withShared = (options: Options): Ajv => {
    const ajv = new Ajv(options);
    for (const schema of Object.values(sharedSchemas as Record<string, object>)) ajv.addSchema(schema);
    return ajv;
  };
  let exact: Ajv | undefined;
  let coercing: Ajv | undefined;
  return ({ schema, httpPart }) =>
    compiledOnUse(() =>
      httpPart === 'body'
        ? (exact ??= withShared(OPTIONS)).compile(schema)
        : finite((coercing ??= withShared({ ...OPTIONS, coerceTypes: true })).compile(schema)),
    );
}

/**
 * Ajv reads Infinity from the texts Infinity and 1e309, and then skips `minimum` and `maximum`, because it is not a
 * finite number. Here it is an error, as in a JSON body.
 */
function finite(validate: Validate): Validate {
  const isValid: Validate = (data) => {
    const found = validate(data);
    isValid.errors = validate.errors ?? null;
    const endless = Object.entries((data ?? {}) as Readonly<Record<string, unknown>>).filter(
      ([, value]) => typeof value === 'number' && !Number.isFinite(value),
    );
    if (endless.length === 0) return found;
    const { properties = {} } = validate.schema as { readonly properties?: Readonly<Record<string, object>> };
    isValid.errors = [
      ...(isValid.errors ?? []),
      ...endless.map(([name, value]) => ({
        keyword: 'type',
        instancePath: `/${name}`,
        schemaPath: `#/properties/${name}/type`,
        params: {},
        parentSchema: properties[name] ?? {},
        data: value,
      })),
    ];
    return false;
  };
  isValid.schema = validate.schema;
  return isValid;
}

/**
 * Fastify's own serializers, each built when its first answer is sent. Built at the start, the several hundred of the
 * admin API took half a second of it, nearly all for errors that are never answered.
 */
const buildSerializer: ReturnType<typeof SerializerSelector> = (sharedSchemas, options) => {
  const compile = SerializerSelector()(sharedSchemas, options);
  return (route) => {
    let serialize: ReturnType<typeof compile> | undefined;
    return (document) => (serialize ??= compile(route))(document);
  };
};

/** The same for a validator; its mistakes are where Fastify looks for them. */
function compiledOnUse(compile: () => Validate): FastifyValidationResult {
  let validate: Validate | undefined;
  const asked: FastifyValidationResult = (data: unknown) => {
    validate ??= compile();
    const isValid = validate(data) as boolean;
    asked.errors = validate.errors ?? null;
    return isValid;
  };
  return asked;
}

/** Pass this to Fastify's constructor: a plugin comes too late for it. */
export const adminSchemaController: NonNullable<FastifyServerOptions['schemaController']> = {
  // Fastify's type is that of its own builder, which also serves JSON Type Definition.
  compilersFactory: { buildValidator: buildValidator as never, buildSerializer },
};
