import { Type, type TSchema } from '@sinclair/typebox';

import { RouteSchema } from './route-schema.ts';

/** What makes a route this one: its name, what it matches, and what it does with its requests. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  'name',
  'host',
  'path',
  'path_prefix',
  'path_regex',
  'methods',
  'match',
  'pool',
  'split',
  'split_by',
  'redirect',
  'respond',
  'strip_prefix',
  'rewrite',
  'inherit',
]);

const SHARED = Object.entries(RouteSchema.properties as Record<string, TSchema>).filter(([key]) => !OWN_KEYS.has(key));

/** Keys that routes inherit from `route_defaults`: all others, also those that are still to come. */
export const ROUTE_DEFAULT_KEYS: readonly string[] = SHARED.map(([key]) => key);

export const RouteDefaultsSchema = Type.Optional(
  Type.Object(Object.fromEntries(SHARED.map(([key, schema]) => [key, Type.Optional(schema)])), {
    additionalProperties: false,
    description: `What every route inherits unless it sets the same key itself, or has \`inherit: false\`: any of ${ROUTE_DEFAULT_KEYS.map((key) => `\`${key}\``).join(', ')}. They mean what they mean in a route.`,
  }),
);
