import type { RouteFile } from './schema/schema.ts';

/** Host names are case-insensitive. Null: any host. */
export function canonicalHost(host: string | undefined): string | null {
  return host === undefined ? null : host.toLowerCase();
}

/** `/api/` and `/api` match the same, whole segments. */
export function canonicalPrefix(prefix: string): string {
  return prefix.replace(/\/+$/, '') || '/';
}

/** What a route matches, as its name shows it. */
export interface NamedMatch {
  readonly host: string;
  readonly path: string | undefined;
  readonly prefix: string | undefined;
  readonly expression: string | undefined;
  readonly methods: readonly string[];
  readonly match: Partial<RouteFile['match']>;
}

/**
 * The name of a route that has none: what it matches, written as `GET,HEAD api.example.com/v1`, `/exact$`,
 * `~^/v[0-9]+/` or `/api [x-version=2] [?beta=1]`.
 */
export function routeName(route: RouteFile): string {
  const { name, host, path, path_prefix: prefix, path_regex: expression, methods, match } = route;
  return name ?? makeRouteName({ host: canonicalHost(host) ?? '', path, prefix, expression, methods, match });
}

export function makeRouteName({ host, path, prefix, expression, methods, match }: NamedMatch): string {
  const place =
    path === undefined ? (expression === undefined ? canonicalPrefix(prefix ?? '/') : `~${expression}`) : `${path}$`;
  const verbs = methods.length === 0 ? [] : [[...new Set(methods)].sort().join(',')];
  const conditions = [
    ...named(match.headers, '', '='),
    ...named(match.headers_regex, '', '~'),
    ...named(match.query, '?', '='),
    ...named(match.query_regex, '?', '~'),
    ...(match.geo === undefined || match.geo.length === 0 ? [] : [`[geo=${match.geo.join(',')}]`]),
  ];
  return [...verbs, `${host}${place}`, ...conditions].join(' ');
}

function named(record: Readonly<Record<string, string>> | undefined, before: string, between: string): string[] {
  return Object.entries(record ?? {}).map(([name, value]) => `[${before}${name}${between}${value}]`);
}

/** The default pool if the file has no routes: the only pool, or the one named default. */
export function defaultPool(poolNames: readonly string[]): string | undefined {
  return poolNames.length === 1 ? poolNames[0] : poolNames.find((name) => name === 'default');
}
