/** Finds the route of a request by all forms of its path (ADR 0006). */
import type { GeoLocation } from '../geo/client-geo.ts';
import { type AskedRequest, isPreflight, plannedMethod } from '../http/preflight.ts';
import type { FieldValues } from '../http/fields/field-values.ts';
import { barePath, canonicalPath, pathEnd, staysInside } from './request-path.ts';
import { OTHER_ROUTE, OUTSIDE_ROUTE, MALFORMED_PATH, NO_ROUTE, type RouteFault } from './route-fault.ts';
import type { LiveRoute, LiveSnapshot } from './live-snapshot.ts';

/** @param target path and query. @param geo where the client is; null: unknown */
export function lookUpRoute(
  request: AskedRequest,
  target: string,
  snapshot: Snapshot,
  geo: GeoLocation | null,
): LiveRoute | RouteFault {
  if (isPreflight(request)) {
    // A route for the method that it asks about answers it.
    const asked = { headers: request.headers, method: plannedMethod(request.headers) };
    const planned = lookUp(asked, target, snapshot, geo);
    if (isRoute(planned) && planned.pages !== null) return planned;
  }
  return lookUp(request, target, snapshot, geo);
}

type Snapshot = Pick<LiveSnapshot, 'routes'>;

function lookUp(
  { headers, method }: AskedRequest,
  target: string,
  { routes }: Snapshot,
  geo: GeoLocation | null,
): LiveRoute | RouteFault {
  const end = pathEnd(target);
  const path = target.slice(0, end);
  const canonical = canonicalPath(path);
  if (canonical === undefined) return MALFORMED_PATH;
  const bare = barePath(path, canonical);
  const request = { method: method!, headers: headers as FieldValues, query: target.slice(end + 1), geo };
  const route = routes.find(path, request);
  if (canonical === path && bare === path) return route ?? NO_ROUTE;
  if (routes.find(canonical, request) !== route) return OTHER_ROUTE;
  if (routes.find(bare, request) !== route) return OTHER_ROUTE;
  if (route === undefined) return NO_ROUTE;
  const { strippedPrefix, pools } = route;
  const isInside = pools.every(({ backends }) =>
    backends.every(({ basePath }) => staysInside(path, canonical, bare, strippedPrefix, basePath)),
  );
  return isInside ? route : OUTSIDE_ROUTE;
}

export function isRoute(found: LiveRoute | RouteFault): found is LiveRoute {
  return 'pools' in found;
}
