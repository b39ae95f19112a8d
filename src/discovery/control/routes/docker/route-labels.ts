/** Labels such as `sluice.route.web.host=shop.example.com`, as keys of a route. */
import { didYouMean } from '../../../../config/schema/nearest.ts';
import { RouteSchema } from '../../../../config/schema/route/route-schema.ts';
import { coerce, isArraySchema, isObjectSchema, isRecordSchema } from '../../../../config/schema/schema-at.ts';
import { MEMBER_LABELS } from '../../sources/docker/container-members.ts';

const PREFIX = 'sluice.';
const ROUTE = 'sluice.route.';

/** Keys of a route that labels may set: none that names a file, or that takes something away which `route_defaults` sets. */
const ROUTE_KEYS = [
  'host',
  'path',
  'path_prefix',
  'path_regex',
  'methods',
  'match',
  'strip_prefix',
  'rewrite',
  'request_headers',
  'response_headers',
  'security_headers',
  'compression',
  'timeout',
  'upgrade_idle_timeout',
  'max_body_bytes',
  'max_in_flight_per_client',
  'priority',
  'cost',
] as const satisfies readonly (keyof typeof RouteSchema.properties)[];

/** One of these says which requests are meant. */
const MATCH_KEYS = [
  'host',
  'path',
  'path_prefix',
  'path_regex',
] as const satisfies readonly (typeof ROUTE_KEYS)[number][];

export interface LabelledRoute {
  readonly keys: Readonly<Record<string, unknown>>;
  /** Of labels that are wrong: the route is then refused. */
  readonly mistakes: readonly string[];
}

export interface RouteLabels {
  /** By name. */
  readonly routes: ReadonlyMap<string, LabelledRoute>;
  /** Of labels that belong to no route. */
  readonly mistakes: readonly string[];
}

export function readRouteLabels(labels: Readonly<Record<string, string>>): RouteLabels {
  const found = new Map<string, { keys: Record<string, unknown>; mistakes: string[] }>();
  const mistakes: string[] = [];
  for (const [label, value] of Object.entries(labels)) {
    if (!label.startsWith(PREFIX)) continue;
    if (!label.startsWith(ROUTE)) {
      const name = label.slice(PREFIX.length);
      const known = [...MEMBER_LABELS, 'route.NAME.KEY'];
      if (!MEMBER_LABELS.includes(name))
        mistakes.push(
          `there is no label ${label}; allowed after ${PREFIX}: ${known.join(', ')}${didYouMean(name, MEMBER_LABELS)}`,
        );
      continue;
    }
    const [name = '', ...path] = label.slice(ROUTE.length).split('.');
    if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name)) {
      mistakes.push(
        `label ${label}: "${name}" is no name of a route; allowed: lower-case letters, digits, dashes, underscores`,
      );
      continue;
    }
    const route = found.get(name) ?? { keys: {}, mistakes: [] };
    found.set(name, route);
    const mistake = setKey(route.keys, path, value);
    if (mistake !== undefined) route.mistakes.push(`label ${label}: ${mistake}`);
  }
  for (const { keys, mistakes: own } of found.values()) {
    if (own.length > 0 || MATCH_KEYS.some((key) => keys[key] !== undefined)) continue;
    own.push(`says nothing about which requests; set at least one of: ${MATCH_KEYS.join(', ')}`);
  }
  return { routes: found, mistakes };
}

/** What is wrong; undefined: it is set. */
function setKey(route: Record<string, unknown>, path: readonly string[], text: string): string | undefined {
  let schema: Parameters<typeof coerce>[0] = RouteSchema;
  let at = route;
  for (const [index, key] of path.entries()) {
    if (schema !== undefined && isRecordSchema(schema)) {
      // Names of header fields and parameters may have dots.
      const name = path.slice(index).join('.');
      // Lost without a word, a condition would let more requests match.
      if (name === '__proto__') return `the name ${name} is not supported`;
      at[name] = text;
      return undefined;
    }
    if (schema === undefined || !isObjectSchema(schema)) return `nothing may follow ${path.slice(0, index).join('.')}`;
    const allowed: readonly string[] = index === 0 ? ROUTE_KEYS : Object.keys(schema.properties);
    if (!allowed.includes(key))
      return `there is no key ${path.slice(0, index + 1).join('.')}; allowed: ${allowed.join(', ')}${didYouMean(key, allowed)}`;
    schema = schema.properties[key];
    if (index < path.length - 1) {
      at[key] ??= {};
      at = at[key] as Record<string, unknown>;
      continue;
    }
    if (schema !== undefined && (isObjectSchema(schema) || isRecordSchema(schema))) break;
    at[key] = valueOf(schema, text);
    return undefined;
  }
  const keys = schema !== undefined && isObjectSchema(schema) ? Object.keys(schema.properties) : ['a name'];
  return `a key must follow; allowed: ${path.length === 0 ? ROUTE_KEYS.join(', ') : keys.join(', ')}`;
}

/** Lists are separated by commas. */
function valueOf(schema: Parameters<typeof coerce>[0], text: string): unknown {
  if (schema === undefined || !isArraySchema(schema)) return coerce(schema, text);
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => coerce(schema.items, part));
}
