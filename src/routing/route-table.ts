/**
 * Which route a request takes: host (exact before wildcard before any), then the longest path prefix, then the method.
 * A prefix matches whole segments, so the table holds prefixes in a map and looks the request's own prefixes up from
 * the longest to `/`: the cost depends on the depth of the path, not on the number of routes.
 */
export interface RouteMatch {
  /** Lower case, without port; `*.example.com` matches any name below; null: any. */
  readonly host: string | null;
  /** Begins with a slash. */
  readonly pathPrefix: string;
  /** Upper case; empty: any. */
  readonly methods: readonly string[];
}

type Prefixes<R> = Map<string, R[]>;

export class RouteTable<R extends RouteMatch> {
  readonly #exact = new Map<string, Prefixes<R>>();
  readonly #wildcard = new Map<string, Prefixes<R>>();
  readonly #any: Prefixes<R> = new Map();
  readonly #hasHosts: boolean;

  constructor(routes: readonly R[]) {
    for (const route of routes) {
      const prefixes = this.#prefixesFor(route.host);
      const key = trimSlash(route.pathPrefix);
      const list = prefixes.get(key) ?? [];
      list.push(route);
      // A route for certain methods comes before one for any.
      list.sort((a, b) => Number(a.methods.length === 0) - Number(b.methods.length === 0));
      prefixes.set(key, list);
    }
    this.#hasHosts = this.#exact.size + this.#wildcard.size > 0;
  }

  /** @param path without the query; @param host the Host field as received. */
  find(host: string | undefined, path: string, method: string): R | undefined {
    if (this.#hasHosts && host !== undefined) {
      const name = hostName(host);
      const exact = this.#exact.get(name);
      const found = exact && findPrefix(exact, path, method);
      if (found !== undefined) return found;
      for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
        const wildcard = this.#wildcard.get(name.slice(dot + 1));
        const matched = wildcard && findPrefix(wildcard, path, method);
        if (matched !== undefined) return matched;
      }
    }
    return findPrefix(this.#any, path, method);
  }

  #prefixesFor(host: string | null): Prefixes<R> {
    if (host === null) return this.#any;
    const [map, name] = host.startsWith('*.') ? [this.#wildcard, host.slice(2)] : [this.#exact, host];
    const known = map.get(name) ?? new Map<string, R[]>();
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

function findPrefix<R extends RouteMatch>(prefixes: Prefixes<R>, path: string, method: string): R | undefined {
  if (!path.startsWith('/')) return undefined;
  for (let end = path.length; ; end = path.lastIndexOf('/', end - 1)) {
    const found = pick(prefixes.get(path.slice(0, end)), method);
    if (found !== undefined || end === 0) return found;
  }
}

function pick<R extends RouteMatch>(routes: readonly R[] | undefined, method: string): R | undefined {
  if (routes === undefined) return undefined;
  for (const route of routes) if (route.methods.length === 0 || route.methods.includes(method)) return route;
  return undefined;
}

/** `/` becomes the empty prefix, `/api/` becomes `/api`. */
function trimSlash(prefix: string): string {
  return prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
}
