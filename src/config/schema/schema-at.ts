import { Kind, type TArray, type TObject, type TRecord, type TSchema, type TTuple } from '@sinclair/typebox';

import type { Path } from '../file/path.ts';

export function isObjectSchema(schema: TSchema): schema is TObject {
  return schema[Kind] === 'Object';
}
export function isRecordSchema(schema: TSchema): schema is TRecord {
  return schema[Kind] === 'Record';
}
export function isArraySchema(schema: TSchema): schema is TArray {
  return schema[Kind] === 'Array';
}
export function isTupleSchema(schema: TSchema): schema is TTuple {
  return schema[Kind] === 'Tuple';
}
export function isUnionSchema(schema: TSchema): schema is TSchema & { readonly anyOf: readonly TSchema[] } {
  return schema[Kind] === 'Union';
}
/** The schema of a record's values. */
export function recordValue(schema: TRecord): TSchema {
  return Object.values(schema.patternProperties as Record<string, TSchema>)[0]!;
}

/** The schema of the value at a path; undefined if the key is unknown. */
export function schemaAt(root: TSchema, path: Path): TSchema | undefined {
  let at: TSchema | undefined = root;
  for (const key of path) {
    if (at === undefined) return undefined;
    at = child(at, key);
  }
  return at;
}

function child(schema: TSchema, key: string): TSchema | undefined {
  if (isObjectSchema(schema)) return Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
  if (isRecordSchema(schema)) return recordValue(schema);
  if (isArraySchema(schema)) return schema.items;
  return isTupleSchema(schema) ? schema.items?.[Number(key)] : undefined;
}

/**
 * Converts the text of a flag or an environment variable as the schema requires: to a number or a boolean if one is
 * allowed there, else unchanged, so that the check refuses it with a reason.
 */
export function coerce(schema: TSchema | undefined, text: string): string | number | boolean {
  if (schema === undefined) return text;
  if (isUnionSchema(schema)) {
    for (const variant of schema.anyOf) {
      const value = coerce(variant, text);
      if (typeof value !== 'string') return value;
    }
    return text;
  }
  if (typeof schema.const === 'number' && String(schema.const) === text) return schema.const;
  const isNumeric = schema[Kind] === 'Number' || schema[Kind] === 'Integer';
  if (isNumeric && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (schema[Kind] === 'Boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
