/**
 * JSON Schema shapes that TypeBox has no shorthand for, written so that OpenAPI 3.1 and Ajv's messages stay readable.
 */
import { Type, type SchemaOptions, type Static, type TSchema, type TUnsafe } from '@sinclair/typebox';

/** The same schema, or null. For schemas with one `type`; a reference needs {@link nullableRef}. */
export function nullable<T extends TSchema>(schema: T): TUnsafe<Static<T> | null> {
  const words: unknown = schema['enum'];
  return Type.Unsafe<Static<T> | null>({
    ...schema,
    type: [schema['type'], 'null'],
    ...(Array.isArray(words) ? { enum: [...words, null] } : {}),
  });
}

/** A reference to a schema that the app knows by its `$id`: one component in the document, however often it is used. */
export function refTo<T extends TSchema>(schema: T, options: SchemaOptions = {}): TUnsafe<Static<T>> {
  if (schema.$id === undefined) throw new RangeError('refTo: the schema has no $id');
  return Type.Unsafe<Static<T>>({ ...options, $ref: `${schema.$id}#` });
}

export function nullableRef<T extends TSchema>(schema: T): TUnsafe<Static<T> | null> {
  return Type.Unsafe<Static<T> | null>({ anyOf: [refTo(schema), { type: 'null' }] });
}

/** RFC 3339 in UTC with milliseconds: the only form of a timestamp on the wire. */
export function timestamp(options: SchemaOptions = {}): TUnsafe<string> {
  return Type.Unsafe<string>({ ...options, type: 'string', format: 'date-time' });
}

/** `atMs`: milliseconds since the epoch. */
export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

export function isoTimeOrNull(atMs: number | null): string | null {
  return atMs === null ? null : isoTime(atMs);
}
