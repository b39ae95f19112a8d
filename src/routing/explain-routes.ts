/** Why a request takes a route, and why not each of the others. For people: routes are looked up by route-table.ts. */
import { hostName, type RoutableRequest, type RouteMatch } from './route-table.ts';

export interface NamedMatch extends RouteMatch {
  readonly name: string;
}

export interface RouteVerdict {
  readonly name: string;
  readonly isTaken: boolean;
  /** A sentence: `the host is not api.example.com`. */
  readonly reason: string;
}

/**
 * Those that come nearest first: the one that is taken, those that would match but come later, then those with the right
 * host and path.
 *
 * @param routes in the order of the file. @param taken the one that the table finds; undefined: none
 */
export function explainRoutes<R extends NamedMatch>(
  routes: readonly R[],
  taken: R | undefined,
  path: string,
  request: RoutableRequest,
): readonly RouteVerdict[] {
  const verdicts = routes.map((route) => {
    const [distance, reason] = route === taken ? [0, reasonFor(route)] : misfit(route, taken, path, request);
    return { distance, verdict: { name: route.name, isTaken: route === taken, reason } };
  });
  return verdicts.toSorted((one, other) => one.distance - other.distance).map(({ verdict }) => verdict);
}

function reasonFor(route: RouteMatch): string {
  const parts = [
    route.host === null ? 'any host' : `the host ${route.host}`,
    pathText(route),
    ...(route.methods.length === 0 ? [] : [`the method ${route.methods.join(' or ')}`]),
    ...(route.conditions === null ? [] : ['all conditions of match']),
  ];
  return `matches ${parts.join(', ')}`;
}

/** How far it is from the request, and the first thing that does not fit. */
function misfit(
  route: RouteMatch,
  taken: RouteMatch | undefined,
  path: string,
  request: RoutableRequest,
): readonly [number, string] {
  if (!fitsHost(route.host, request.headers.host)) return [5, `the host is not ${route.host}`];
  if (!fitsPath(route, path)) return [4, `the path does not fit ${pathText(route)}`];
  if (route.methods.length > 0 && !route.methods.includes(request.method)) {
    return [3, `the method is not ${route.methods.join(' or ')}`];
  }
  const unmet = route.conditions?.firstUnmet(request.headers, request.query, request.geo) ?? null;
  if (unmet !== null) return [2, `not met: ${unmet}`];
  return [
    1,
    taken === undefined
      ? 'matches, but the path leads elsewhere once resolved'
      : `matches, but ${precedence(taken, route)}`,
  ];
}

function fitsHost(host: string | null, given: string | undefined): boolean {
  if (host === null) return true;
  const name = given === undefined ? '' : hostName(given);
  return host.startsWith('*.') ? name.endsWith(host.slice(1)) && name.length >= host.length : name === host;
}

function fitsPath({ path: exact, expression, pathPrefix }: RouteMatch, path: string): boolean {
  if (expression !== null) return expression.matches(path);
  if (exact !== null) return path === exact;
  const prefix = pathPrefix.endsWith('/') ? pathPrefix.slice(0, -1) : pathPrefix;
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** Which rule puts `first` before `later`, in the order in which the table applies them. */
function precedence(first: RouteMatch, later: RouteMatch): string {
  if (hostRank(first) !== hostRank(later)) {
    return hostRank(later) === 2 ? 'a route with a host comes first' : 'an exact host comes first';
  }
  if ((first.host?.length ?? 0) !== (later.host?.length ?? 0)) return 'the longer host comes first';
  if (pathRank(first) !== pathRank(later)) {
    return pathRank(first) === 0 ? 'an exact path comes first' : 'an expression comes before a prefix';
  }
  if (first.expression !== null) return 'the expression that is first in the file comes first';
  if (first.pathPrefix.length !== later.pathPrefix.length) return 'the longer prefix comes first';
  if ((first.conditions?.geo ?? null) !== null && (later.conditions?.geo ?? null) === null) {
    return 'a route with locations comes first';
  }
  if ((first.methods.length === 0) !== (later.methods.length === 0)) return 'a route with methods comes first';
  const counts = (kind: 'headers' | 'query'): boolean =>
    (first.conditions?.[kind].length ?? 0) !== (later.conditions?.[kind].length ?? 0);
  if (counts('headers')) return 'the route with more header conditions comes first';
  return counts('query')
    ? 'the route with more query conditions comes first'
    : 'the route that is first in the file comes first';
}

function hostRank({ host }: RouteMatch): 0 | 1 | 2 {
  if (host === null) return 2;
  return host.startsWith('*.') ? 1 : 0;
}

function pathRank({ path, expression }: RouteMatch): 0 | 1 | 2 {
  if (path !== null) return 0;
  return expression === null ? 2 : 1;
}

function pathText({ path, expression, pathPrefix }: RouteMatch): string {
  if (path !== null) return `the path ${path}`;
  return expression === null ? `the prefix ${pathPrefix}` : `the expression ${expression.source}`;
}
