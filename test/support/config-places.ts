/** Looks up a part of a path in the schema of the configuration: `rate_limit.shared.wait`, `queue.size`, `backends[].url`. */
import type { TSchema } from '@sinclair/typebox';
import {
  isArraySchema,
  isObjectSchema,
  isRecordSchema,
  isUnionSchema,
  recordValue,
} from '../../src/config/schema/schema-at.ts';
import { ConfigSchema } from '../../src/config/schema/schema.ts';

const mappings: readonly TSchema[] = mappingsIn(ConfigSchema);

/** Every setting whose path ends so; none: there is no such key. */
export function placesOf(path: string): readonly TSchema[] {
  const keys = path.replaceAll(/\[\w*\]/g, '').split('.');
  return mappings.flatMap((mapping) => keys.reduce((found, key) => found.flatMap((at) => below(at, key)), [mapping]));
}

/** Whether the key has a mapping of known keys, or a list of such, somewhere. */
export function isSection(key: string): boolean {
  return placesOf(key).some((place) => partsOf(place).some(isObjectSchema) || isObjectSchema(place));
}

function below(schema: TSchema, key: string): readonly TSchema[] {
  if (isObjectSchema(schema)) return Object.hasOwn(schema.properties, key) ? [schema.properties[key]!] : [];
  if (isArraySchema(schema)) return /^\d+$/.test(key) ? [schema.items] : below(schema.items, key);
  return isRecordSchema(schema) ? [recordValue(schema)] : partsOf(schema).flatMap((part) => below(part, key));
}

function mappingsIn(schema: TSchema): readonly TSchema[] {
  const inner = partsOf(schema).flatMap(mappingsIn);
  return isObjectSchema(schema) ? [schema, ...inner] : inner;
}

function partsOf(schema: TSchema): readonly TSchema[] {
  if (isObjectSchema(schema)) return Object.values(schema.properties);
  if (isRecordSchema(schema)) return [recordValue(schema)];
  if (isArraySchema(schema)) return [schema.items];
  return isUnionSchema(schema) ? schema.anyOf : [];
}
