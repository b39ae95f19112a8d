/** The part of the current configuration that this view reads. */
export interface PoolSettings {
  readonly algorithm: string;
  readonly sticky?: { readonly enabled?: boolean };
}

export interface RouteSettings {
  readonly name: string;
  /** Where its requests go: several of a split, none if they are not forwarded. */
  readonly pools: readonly string[];
  /** `GET api.example.org/v1`: the requests that it matches. */
  readonly match: string;
  readonly notes: readonly string[];
}

interface RouteInFile {
  readonly name: string;
  readonly pool?: string;
  readonly split?: readonly { readonly pool: string; readonly weight?: number }[];
  readonly host?: string | null;
  readonly hosts?: readonly string[];
  readonly path_prefix?: string;
  readonly methods?: readonly string[];
  readonly strip_prefix?: boolean;
  readonly timeout?: string;
  readonly rate_limit?: unknown;
  readonly cost?: number;
}

export function routesOf(routes: unknown): readonly RouteSettings[] {
  return Array.isArray(routes) ? (routes as RouteInFile[]).map(routeOf) : [];
}

function routeOf(route: RouteInFile): RouteSettings {
  const { name, pool, split = [], host, hosts, path_prefix: prefix = '/', methods = [] } = route;
  const place = `${host ?? hosts?.join(' or ') ?? ''}${prefix}`;
  const notes: string[] = [];
  if (split.length > 0) notes.push(`split ${split.map((each) => `${each.pool} ${each.weight ?? 0}`).join(', ')}`);
  if (route.strip_prefix === true) notes.push('prefix stripped');
  if (route.timeout !== undefined) notes.push(`timeout ${route.timeout}`);
  if (route.rate_limit !== undefined && route.rate_limit !== null) notes.push('own limit');
  if (route.cost !== undefined && route.cost !== 1) notes.push(`costs ${route.cost}`);
  const pools = pool === undefined ? [...new Set(split.map((each) => each.pool))] : [pool];
  return { name, pools, match: [methods.join(','), place].filter((part) => part !== '').join(' '), notes };
}
