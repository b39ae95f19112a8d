/**
 * Validators for the admin API's schemas. Bodies are taken at their word: `"100"` is no number and null no false,
 * where Fastify's own setting would coerce them. Query and path are text by nature and are coerced. All problems of a
 * request are reported at once, and unknown fields are problems where the schema says so, not dropped in silence.
 */
import { Ajv, type AnySchema, type Options, type ValidateFunction } from 'ajv';

/** What Fastify really passes; the type it declares says the schema alone. */
interface RouteSchema {
  readonly schema: AnySchema;
  readonly httpPart: string;
}

/** Fastify's `schemaController.compilersFactory.buildValidator`; `shared` are the schemas of `addSchema`, by id. */
export function buildValidator(
  shared: Readonly<Record<string, AnySchema | AnySchema[]>>,
): (route: unknown) => ValidateFunction {
  const common: Options = {
    allErrors: true,
    useDefaults: true,
    allowUnionTypes: true,
    // As JSON Schema 2020-12 has it: a format describes. What must hold is said by pattern or checked by code.
    validateFormats: false,
  };
  const strict = new Ajv(common);
  const coercing = new Ajv({ ...common, coerceTypes: 'array' });
  for (const [id, schema] of Object.entries(shared)) {
    strict.addSchema(schema, id);
    coercing.addSchema(schema, id);
  }
  return (route) => {
    const { schema, httpPart } = route as RouteSchema;
    return (httpPart === 'body' ? strict : coercing).compile(schema);
  };
}
