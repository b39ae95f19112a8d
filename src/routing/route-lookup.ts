/** Finds the route of a request by all forms of its path (ADR 0006). */
import type { IncomingMessage } from 'node:http';
import { barePath, canonicalPath, pathEnd, staysInside } from './request-path.ts';
import { OTHER_ROUTE, OUTSIDE_ROUTE, MALFORMED_PATH, NO_ROUTE, type RouteFault } from './route-fault.ts';
import type { LiveRoute, LiveSnapshot } from './live-snapshot.ts';

/** @param target path and query. */
export function lookUpRoute(
  { headers, method }: Pick<IncomingMessage, 'headers' | 'method'>,
  target: string,
  { routes }: LiveSnapshot,
): LiveRoute | RouteFault {
  const path = target.slice(0, pathEnd(target));
  const canonical = canonicalPath(path);
  if (canonical === undefined) return MALFORMED_PATH;
  const bare = barePath(path, canonical);
  const route = routes.find(headers.host, path, method!);
  if (canonical === path && bare === path) return route ?? NO_ROUTE;
  if (routes.find(headers.host, canonical, method!) !== route) return OTHER_ROUTE;
  if (routes.find(headers.host, bare, method!) !== route) return OTHER_ROUTE;
  if (route === undefined) return NO_ROUTE;
  const { strippedPrefix, target: pool } = route;
  const isInside = pool.backends.every(({ basePath }) => staysInside(path, canonical, bare, strippedPrefix, basePath));
  return isInside ? route : OUTSIDE_ROUTE;
}

export function isRoute(found: LiveRoute | RouteFault): found is LiveRoute {
  return 'target' in found;
}
