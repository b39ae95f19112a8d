import type { TSchema } from '@sinclair/typebox';

import { isRecord } from '../file/path.ts';
import { isArraySchema, isObjectSchema, isRecordSchema, recordValue } from './schema-at.ts';

/**
 * A copy of a value with the schema's defaults where it is silent. Values of the wrong type stay as they are, for the
 * check to find; TypeBox's own Value.Default would mix them with the default (`[200]` with `[200, 399]`) and so hide
 * them.
 */
export function fillDefaults(schema: TSchema, value: unknown): unknown {
  const given = value === undefined ? copyOf(schema.default) : value;
  if (isObjectSchema(schema) && isRecord(given)) {
    const filled = { ...given };
    for (const [key, property] of Object.entries(schema.properties)) {
      const own = fillDefaults(property, Object.hasOwn(given, key) ? given[key] : undefined);
      if (own !== undefined) filled[key] = own;
    }
    return filled;
  }
  if (isRecordSchema(schema) && isRecord(given)) {
    return Object.fromEntries(Object.entries(given).map(([key, one]) => [key, fillDefaults(recordValue(schema), one)]));
  }
  return isArraySchema(schema) && Array.isArray(given) ? given.map((one) => fillDefaults(schema.items, one)) : given;
}

/** Of a default. Cloning is slow, and most keys of most items of a list have none. */
function copyOf(value: unknown): unknown {
  return typeof value === 'object' ? structuredClone(value) : value;
}
