/** Where in the configuration a key is known, for one that was written elsewhere. */
import type { TSchema } from '@sinclair/typebox';
import { isArraySchema, isObjectSchema, isRecordSchema, isUnionSchema, recordValue } from './schema-at.ts';

const MOST = 3;

/**
 * `; did you mean server.threads?`, or nothing. The places nearest to the top come first, at most three.
 *
 * @param root of the whole configuration
 */
export function keyPlaces(root: TSchema, key: string): string {
  const places: string[] = [];
  let level: readonly Place[] = [['', root]];
  while (level.length > 0 && places.length <= MOST) {
    for (const [path, schema] of level) {
      if (!isObjectSchema(schema) || !Object.hasOwn(schema.properties, key)) continue;
      const place = joined(path, key);
      if (!places.includes(place)) places.push(place);
    }
    level = level.flatMap(([path, schema]) => partsOf(path, schema));
  }
  if (places.length === 0) return '';
  const shown = places.slice(0, MOST);
  if (places.length > MOST) return `; did you mean one of ${shown.join(', ')}, …?`;
  const last = shown.pop()!;
  return `; did you mean ${shown.length === 0 ? last : `${shown.join(', ')} or ${last}`}?`;
}

/** Path as documents write it: `routes[].auth`, `pools.*.sticky`. */
type Place = readonly [path: string, schema: TSchema];

function partsOf(path: string, schema: TSchema): readonly Place[] {
  if (isObjectSchema(schema)) return Object.entries(schema.properties).map(([key, part]) => [joined(path, key), part]);
  if (isRecordSchema(schema)) return [[joined(path, '*'), recordValue(schema)]];
  if (isArraySchema(schema)) return [[`${path}[]`, schema.items]];
  // Its variants are at the same place, one level down for the search.
  return isUnionSchema(schema) ? schema.anyOf.map((variant) => [path, variant]) : [];
}

function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
