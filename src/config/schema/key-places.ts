/** Where in the configuration a key is known, for one that was written elsewhere. */
import type { TSchema } from '@sinclair/typebox';
import { isArraySchema, isObjectSchema, isRecordSchema, isUnionSchema, recordValue } from './schema-at.ts';

const MOST = 3;

export interface KeySearch {
  /** Of the whole configuration. */
  readonly root: TSchema;
  /** The key around the wrong place; undefined: the top. */
  readonly parent: string | undefined;
}

/**
 * `; did you mean server.threads?`, or nothing. Places under a key of the same name as `parent` come alone, if there are
 * any; else those nearest to the top come first. At most three.
 */
export function keyPlaces(key: string, { root, parent }: KeySearch): string {
  const all = new Set<string>();
  let level: readonly Place[] = [['', root]];
  while (level.length > 0) {
    for (const [path, schema] of level) {
      if (isObjectSchema(schema) && Object.hasOwn(schema.properties, key)) all.add(joined(path, key));
    }
    level = level.flatMap(([path, schema]) => partsOf(path, schema));
  }
  const places = [...all];
  const related = places.filter((place) => place.split('.').at(-2) === parent);
  const found = related.length > 0 ? related : places;
  if (found.length === 0) return '';
  const shown = found.slice(0, MOST);
  if (found.length > MOST) return `; did you mean one of ${shown.join(', ')}, …?`;
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
