import { AUTH_KINDS } from '../../../../src/auth/core/auth-vocabulary.ts';

/** The part of the current configuration that this view reads. */
export interface PoolSettings {
  readonly algorithm: string;
  readonly sticky?: { readonly enabled?: boolean };
  readonly scale?: unknown;
}

export interface RouteSettings {
  readonly name: string;
  /** Where its requests go: several of a split, none if they are not forwarded. */
  readonly pools: readonly string[];
  /** `GET api.example.org/v1`, `/exact$`, `~^/v[0-9]+/`: the requests that it matches. */
  readonly match: string;
  readonly notes: readonly string[];
}

interface RouteInFile {
  readonly name: string;
  readonly pool?: string;
  readonly split?: readonly { readonly pool: string; readonly weight?: number }[];
  readonly host?: string | null;
  readonly hosts?: readonly string[];
  readonly path?: string;
  readonly path_regex?: string;
  readonly path_prefix?: string;
  readonly methods?: readonly string[];
  readonly match?: Readonly<Partial<Record<keyof typeof CONDITION, Readonly<Record<string, string>>>>>;
  readonly strip_prefix?: boolean;
  readonly timeout?: string;
  readonly rate_limit?: unknown;
  readonly cost?: number;
  readonly plugins?: readonly string[];
  readonly auth?: Readonly<Record<string, unknown>> | null;
  readonly redirect?: { readonly status?: number } | null;
  readonly respond?: { readonly status?: number } | null;
  readonly cache?: unknown;
  readonly compression?: unknown;
  readonly quota?: unknown;
}

/** What is before a name in `match`, and between name and value. */
const CONDITION = {
  headers: ['', '='],
  headers_regex: ['', '~'],
  query: ['?', '='],
  query_regex: ['?', '~'],
} as const;

const KEYS_WITHOUT_DETAIL = ['cache', 'compression', 'quota'] as const;

export function routesOf(routes: unknown): readonly RouteSettings[] {
  return Array.isArray(routes) ? (routes as RouteInFile[]).map(routeOf) : [];
}

function routeOf(route: RouteInFile): RouteSettings {
  const { name, pool, split = [] } = route;
  const pools = pool === undefined ? [...new Set(split.map((each) => each.pool))] : [pool];
  return { name, pools, match: matchOf(route), notes: notesOf(route) };
}

function matchOf({
  host,
  hosts,
  path,
  path_regex: expression,
  path_prefix: prefix = '/',
  ...rest
}: RouteInFile): string {
  const place = path === undefined ? (expression === undefined ? prefix : `~${expression}`) : `${path}$`;
  const conditions = (Object.keys(CONDITION) as (keyof typeof CONDITION)[]).flatMap((kind) => {
    const [before, between] = CONDITION[kind];
    return Object.entries(rest.match?.[kind] ?? {}).map(([name, value]) => `[${before}${name}${between}${value}]`);
  });
  const words = [(rest.methods ?? []).join(','), `${host ?? hosts?.join(' or ') ?? ''}${place}`, ...conditions];
  return words.filter((word) => word !== '').join(' ');
}

function notesOf({ split = [], auth, redirect, respond, plugins = [], ...route }: RouteInFile): readonly string[] {
  const notes: string[] = [];
  if (isSet(redirect)) notes.push(`redirect ${redirect.status ?? ''}`.trim());
  if (isSet(respond)) notes.push(`answer ${respond.status ?? ''}`.trim());
  if (split.length > 0) notes.push(`split ${split.map((each) => `${each.pool} ${each.weight ?? 0}`).join(', ')}`);
  if (route.strip_prefix === true) notes.push('prefix stripped');
  const forwards = !isSet(redirect) && !isSet(respond);
  if (forwards && route.timeout !== undefined) notes.push(`timeout ${route.timeout}`);
  const kinds = isSet(auth) ? AUTH_KINDS.filter((kind) => isSet(auth[kind])) : [];
  if (kinds.length > 0) notes.push(`auth ${kinds.join(', ')}`);
  if (isSet(route.rate_limit)) notes.push('own limit');
  if (route.cost !== undefined && route.cost !== 1) notes.push(`costs ${route.cost}`);
  for (const key of KEYS_WITHOUT_DETAIL) if (isSet(route[key])) notes.push(key);
  if (plugins.length > 0) notes.push(`plugins ${plugins.join(', ')}`);
  return notes;
}

function isSet<Value>(value: Value | null | undefined): value is Value {
  return value !== undefined && value !== null;
}
