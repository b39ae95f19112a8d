import type { RouteFile } from './schema/schema.ts';

/** Host names are case-insensitive. Null: any host. */
export function canonicalHost(host: string | undefined): string | null {
  return host === undefined ? null : host.toLowerCase();
}

/** `/api/` and `/api` match the same, whole segments. */
export function canonicalPrefix(prefix: string): string {
  return prefix.replace(/\/+$/, '') || '/';
}

/** The name of a route that has none: what it matches, written as `GET,HEAD api.example.com/v1`. */
export function routeName({ name, host, path_prefix: prefix, methods }: RouteFile): string {
  return name ?? makeRouteName(canonicalHost(host) ?? '', prefix, methods);
}

export function makeRouteName(host: string, prefix: string, methods: readonly string[]): string {
  const target = `${host}${canonicalPrefix(prefix)}`;
  return methods.length === 0 ? target : `${[...new Set(methods)].sort().join(',')} ${target}`;
}

/** The default pool if the file has no routes: the only pool, or the one named default. */
export function defaultPool(poolNames: readonly string[]): string | undefined {
  return poolNames.length === 1 ? poolNames[0] : poolNames.find((name) => name === 'default');
}
