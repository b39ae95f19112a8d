import type { TObject, TSchema } from '@sinclair/typebox';

import { FORMATS, type FormatName } from '../schema/formats.ts';
import {
  isArraySchema,
  isObjectSchema,
  isRecordSchema,
  isTupleSchema,
  isUnionSchema,
  recordValue,
} from '../schema/schema-at.ts';

export type Json = Readonly<Record<string, unknown>>;

/** A value from the environment can replace a number, a boolean or a word. */
const VARIABLE = { type: 'string', pattern: String.raw`^\$\{.+\}$` };

/**
 * The JSON Schema (draft 7, which every editor knows) of the configuration file: keys with a default are optional, and
 * `${NAME}` is allowed. Looser than our own check where a pattern cannot express it.
 */
export function toJsonSchema(schema: TSchema): Json {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'Sluice configuration', ...convert(schema) };
}

function convert(schema: TSchema): Json {
  const description = schema.description === undefined ? {} : { description: schema.description };
  const fallback = schema.default === undefined || isObjectSchema(schema) ? {} : { default: schema.default };
  return { ...description, ...fallback, ...shapeOf(schema) };
}

function shapeOf(schema: TSchema): Json {
  if (isObjectSchema(schema)) return objectShape(schema);
  if (isRecordSchema(schema)) {
    return { type: 'object', minProperties: schema.minProperties, additionalProperties: convert(recordValue(schema)) };
  }
  if (isTupleSchema(schema)) {
    const count = schema.items?.length;
    return { type: 'array', items: schema.items?.map(convert), minItems: count, maxItems: count };
  }
  if (isArraySchema(schema)) {
    const min = schema.minItems === undefined ? {} : { minItems: schema.minItems };
    return { type: 'array', items: convert(schema.items), ...min };
  }
  if (isUnionSchema(schema)) {
    const words = schema.anyOf.flatMap((one) => (one.const === undefined ? [] : [one.const as unknown]));
    const others = schema.anyOf.filter((one) => one.const === undefined);
    return { anyOf: [...(words.length === 0 ? [] : [{ enum: words }]), ...others.map(convert), VARIABLE] };
  }
  if (schema.type === 'string') return stringShape(schema);
  const { type, minimum, maximum, exclusiveMinimum } = schema as TSchema & Json;
  const own = { type, minimum, maximum, exclusiveMinimum };
  return { anyOf: [Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)), VARIABLE] };
}

function objectShape(schema: TObject): Json {
  const keys = Object.entries(schema.properties);
  const required = (schema.required ?? []).filter((key) => schema.properties[key]!.default === undefined);
  return {
    type: 'object',
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    ...(schema.anyOf === undefined ? {} : { anyOf: schema.anyOf }),
    ...(schema.oneOf === undefined ? {} : { oneOf: schema.oneOf }),
    properties: Object.fromEntries(keys.map(([key, one]) => [key, convert(one)])),
  };
}

function stringShape(schema: TSchema): Json {
  const format = FORMATS[String(schema.format).replace(/^sluice-/, '') as FormatName];
  if (format === undefined || !('pattern' in format)) return { type: 'string' };
  return { anyOf: [{ type: 'string', pattern: format.pattern }, VARIABLE] };
}
