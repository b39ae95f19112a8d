/**
 * Which route a request takes: by host (exact before wildcard before any), then by path (exact, then regular expressions
 * in the order of the file, then the longest prefix), then the one that demands most: locations, which no client can
 * choose, then methods, then the number of header conditions, then of query conditions, then the order of the file. A route that does not accept the request is passed
 * over, and the search goes on.
 *
 * A prefix matches whole segments, so the table holds prefixes in a map and looks the request's own prefixes up from
 * the longest to `/`: the cost depends on the depth of the path, not on the number of routes.
 */
import type { GeoLocation } from '../geo/client-geo.ts';
import type { FieldValues } from '../http/fields/field-values.ts';
import type { LinearExpression } from '../net/linear-expression.ts';
import type { RequestConditions } from './request-conditions.ts';

export interface RouteMatch {
  /** Lower case, without port; `*.example.com` matches any name below; null: any. */
  readonly host: string | null;
  /** The whole path; null: another way. */
  readonly path: string | null;
  /** Begins with a slash. Ignored if there is a path or an expression. */
  readonly pathPrefix: string;
  /** Null: another way. */
  readonly expression: LinearExpression | null;
  /** Upper case; empty: any. */
  readonly methods: readonly string[];
  /** Null: none. */
  readonly conditions: RequestConditions | null;
}

/** The parts of a request that a route may demand something of. */
export interface RoutableRequest {
  readonly method: string;
  /** By name in lower case; Host among them. */
  readonly headers: FieldValues;
  /** Without the question mark. */
  readonly query: string;
  /** Where the client is; null: unknown. */
  readonly geo: GeoLocation | null;
}

interface Paths<R> {
  readonly exact: Map<string, R[]>;
  readonly expressions: R[];
  readonly prefixes: Map<string, R[]>;
}

export class RouteTable<R extends RouteMatch> {
  readonly #exact = new Map<string, Paths<R>>();
  readonly #wildcard = new Map<string, Paths<R>>();
  readonly #any: Paths<R> = noPaths();
  readonly #hasHosts: boolean;

  /** @param routes in the order of the file. */
  constructor(routes: readonly R[]) {
    for (const route of routes) this.#add(route, this.#pathsFor(route.host));
    this.#hasHosts = this.#exact.size + this.#wildcard.size > 0;
  }

  /** @param path without the query */
  find(path: string, request: RoutableRequest): R | undefined {
    const { host } = request.headers;
    if (this.#hasHosts && host !== undefined) {
      const name = hostName(host);
      const exact = this.#exact.get(name);
      const found = exact && findPath(exact, path, request);
      if (found !== undefined) return found;
      for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
        const wildcard = this.#wildcard.get(name.slice(dot + 1));
        const matched = wildcard && findPath(wildcard, path, request);
        if (matched !== undefined) return matched;
      }
    }
    return findPath(this.#any, path, request);
  }

  #add(route: R, { exact, expressions, prefixes }: Paths<R>): void {
    if (route.expression !== null) {
      expressions.push(route);
      return;
    }
    const [map, key] = route.path === null ? [prefixes, trimSlash(route.pathPrefix)] : [exact, route.path];
    const list = map.get(key) ?? [];
    list.push(route);
    list.sort(byDemands);
    map.set(key, list);
  }

  #pathsFor(host: string | null): Paths<R> {
    if (host === null) return this.#any;
    const [map, name] = host.startsWith('*.') ? [this.#wildcard, host.slice(2)] : [this.#exact, host];
    const known = map.get(name) ?? noPaths<R>();
    map.set(name, known);
    return known;
  }
}

/** The name in a Host field, lower case: without port, without the trailing dot. */
export function hostName(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  const name = (end > 0 ? host.slice(0, end) : host).toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/** A route that demands more comes first (Gateway API, HTTPRouteRule); a sort keeps the order of equal ones. */
function byDemands(one: RouteMatch, other: RouteMatch): number {
  return (
    Number((one.conditions?.geo ?? null) === null) - Number((other.conditions?.geo ?? null) === null) ||
    Number(one.methods.length === 0) - Number(other.methods.length === 0) ||
    (other.conditions?.headers.length ?? 0) - (one.conditions?.headers.length ?? 0) ||
    (other.conditions?.query.length ?? 0) - (one.conditions?.query.length ?? 0)
  );
}

function findPath<R extends RouteMatch>(paths: Paths<R>, path: string, request: RoutableRequest): R | undefined {
  if (!path.startsWith('/')) return undefined;
  const { exact, expressions, prefixes } = paths;
  if (exact.size > 0) {
    const found = pick(exact.get(path), request);
    if (found !== undefined) return found;
  }
  for (const route of expressions) if (isAccepted(route, request) && route.expression!.matches(path)) return route;
  for (let end = path.length; ; end = path.lastIndexOf('/', end - 1)) {
    const found = pick(prefixes.get(path.slice(0, end)), request);
    if (found !== undefined || end === 0) return found;
  }
}

function pick<R extends RouteMatch>(routes: readonly R[] | undefined, request: RoutableRequest): R | undefined {
  if (routes === undefined) return undefined;
  for (const route of routes) if (isAccepted(route, request)) return route;
  return undefined;
}

function isAccepted({ methods, conditions }: RouteMatch, { method, headers, query, geo }: RoutableRequest): boolean {
  if (methods.length > 0 && !methods.includes(method)) return false;
  return conditions === null || conditions.accept(headers, query, geo);
}

function noPaths<R>(): Paths<R> {
  return { exact: new Map(), expressions: [], prefixes: new Map() };
}

/** `/` becomes the empty prefix, `/api/` becomes `/api`. */
function trimSlash(prefix: string): string {
  return prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
}
