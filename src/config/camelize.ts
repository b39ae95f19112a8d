import type { TSchema } from '@sinclair/typebox';

import { parseDuration } from './schema/duration.ts';
import { isArraySchema, isObjectSchema } from './schema/schema-at.ts';
import type { DurationText } from './schema/schema-kinds.ts';

type Camel<Text extends string> = Text extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Text;

type CamelKey<Key, T> = [T] extends [DurationText] ? `${Camel<Key & string>}Ms` : Camel<Key & string>;

/**
 * A section of the file in the form the program uses: camelCase, durations in ms under a name that says so, null for
 * none.
 */
export type Camelized<T> = unknown extends T
  ? T
  : [T] extends [DurationText]
    ? number
    : T extends string | number | boolean
      ? T
      : T extends readonly unknown[]
        ? { readonly [At in keyof T]: Camelized<T[At]> }
        : {
            readonly [Key in keyof T as CamelKey<Key, Exclude<T[Key], undefined>>]-?:
              | Camelized<Exclude<T[Key], undefined>>
              | (undefined extends T[Key] ? null : never);
          };

/** Converts mappings, also those in lists. The names in a record are left as they are: they are not ours. */
export function camelize<Schema extends TSchema, T>(schema: Schema, value: T): Camelized<T> {
  return convert(schema, value) as Camelized<T>;
}

function convert(schema: TSchema, value: unknown): unknown {
  if (value === undefined) return null;
  if (isDuration(schema)) return parseDuration(value as string);
  if (isArraySchema(schema) && isObjectSchema(schema.items)) {
    return (value as readonly unknown[]).map((item) => convert(schema.items, item));
  }
  if (!isObjectSchema(schema)) return value;
  const given = value as Readonly<Record<string, unknown>>;
  const entries = Object.entries(schema.properties).map(([key, property]) => {
    const camel = key.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    return [isDuration(property) ? `${camel}Ms` : camel, convert(property, given[key])];
  });
  return Object.fromEntries(entries);
}

const DURATIONS = ['sluice-duration', 'sluice-duration-or-zero', 'sluice-max-age'];

function isDuration(schema: TSchema): boolean {
  return DURATIONS.includes(schema.format as string);
}
