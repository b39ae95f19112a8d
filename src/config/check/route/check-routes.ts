import { checkAuth, checkTokenKeys } from './check-auth.ts';
import { checkCors } from './check-cors.ts';
import { checkCost } from './check-cost.ts';
import { checkErrorPages } from './check-error-pages.ts';
import { checkFieldChanges } from './check-field-changes.ts';
import { checkRedirect } from './check-redirect.ts';
import { checkRedirectLoops } from './check-redirect-loops.ts';
import { checkCache } from './check-cache.ts';
import { checkRespond } from './check-respond.ts';
import { checkRewrite } from './check-rewrite.ts';
import { checkSplit } from './check-split.ts';
import type { Draft } from '../draft.ts';
import { didYouMean } from '../../schema/nearest.ts';
import type { Path } from '../../file/path.ts';
import { FORMATS } from '../../schema/formats.ts';
import { finding, listed, MAX_PROBLEMS, shorten, type Finding } from '../../file/problem.ts';
import { canonicalHost, canonicalPrefix, defaultPool, routeName } from '../../route-name.ts';
import type { ConfigFile, RouteFile } from '../../schema/schema.ts';

/** Routes as they are written. */
export interface ShownRoutes {
  /** It has this key, whatever its value. */
  readonly isGiven: (at: number, key: string) => boolean;
  /** The same of a key in its section `auth.jwt`. */
  readonly isGivenOfTokens: (at: number, key: string) => boolean;
  /** The same in its section `cost_from`. */
  readonly isGivenOfCost: (at: number, key: string) => boolean;
  /** How to show a value with variables in it; undefined: there are none. */
  readonly reference: (path: Path) => string | undefined;
  readonly nameOf: (at: number) => string | undefined;
}

/**
 * Routes against the pools and against each other.
 * @param poolNames as written, also of pools with mistakes; undefined if the pools cannot be read at all.
 */
export function checkRoutes(
  file: Draft<ConfigFile>,
  poolNames: readonly string[] | undefined,
  shown: ShownRoutes,
): readonly Finding[] {
  const routes = file.routes ?? [];
  const missing = poolNames === undefined ? [] : checkPresence(routes.length, poolNames);
  return [
    ...missing,
    ...routes.flatMap((route, at) => (route === undefined ? [] : checkPolicies(route, ['routes', String(at)]))),
    ...routes.flatMap((route, at) => {
      if (route === undefined) return [];
      const here = ['routes', String(at)];
      return [
        ...checkTokenKeys(route, here, (key) => shown.isGivenOfTokens(at, key)),
        ...checkCost(route, here, (key) => shown.isGivenOfCost(at, key)),
      ];
    }),
    ...checkTargets(routes, poolNames, shown),
    ...checkTwins(routes, shown),
    ...checkRedirectLoops(routes, shown.isGiven),
  ];
}

function checkPolicies(route: Draft<RouteFile>, here: Path): readonly Finding[] {
  return [
    checkMatch,
    checkAuth,
    checkCors,
    checkErrorPages,
    checkSplit,
    checkRedirect,
    checkRespond,
    checkRewrite,
    checkUnused,
    checkFieldChanges,
    checkCache,
  ].flatMap((check) => check(route, here));
}

function checkPresence(routeCount: number, poolNames: readonly string[]): readonly Finding[] {
  if (routeCount > 0 || poolNames.length <= 1 || defaultPool(poolNames) !== undefined) return [];
  const message = `missing; there are several pools (${listed(poolNames)}), so say which requests go where`;
  return [finding(['routes'], message)];
}

/** What a route does with its requests: exactly one of these. */
const ACTIONS = ['pool', 'split', 'redirect', 'respond'] as const satisfies readonly (keyof RouteFile)[];

/** The ways to match a path: at most one of these. */
const PATH_KEYS = ['path', 'path_prefix', 'path_regex'] as const;

function checkMatch(route: Draft<RouteFile>, here: Path): readonly Finding[] {
  const findings: Finding[] = [];
  const given = PATH_KEYS.filter((key) => route[key] !== undefined);
  if (given.length > 1) {
    const others = given.slice(1).map((key) => [...here, key]);
    findings.push(
      finding([...here, given[0]!], `excludes ${given.slice(1).join(' and ')}: keep one of them`, { others }),
    );
  }
  if (route.strip_prefix === true && route.path_prefix === undefined) {
    findings.push(finding([...here, 'strip_prefix'], 'needs path_prefix, which it removes'));
  }
  for (const kind of ['headers', 'headers_regex'] as const) {
    for (const name of Object.keys(route.match?.[kind] ?? {})) {
      if (FORMATS['header-name'].reject(name) === undefined) continue;
      findings.push(
        finding([...here, 'match', kind, name], `is not ${FORMATS['header-name'].allowed}`, { atKey: true }),
      );
    }
  }
  return findings;
}

/** What a backend would get, where there is none. */
function checkUnused(route: Draft<RouteFile>, here: Path): readonly Finding[] {
  const action = route.redirect === undefined ? 'respond' : 'redirect';
  if (route[action] === undefined) return [];
  const unused = (['strip_prefix', 'rewrite', 'cost_from'] as const).filter(
    (key) => route[key] !== undefined && route[key] !== false,
  );
  const others = [[...here, action]];
  return unused.map((key) =>
    finding([...here, key], `has no effect: with ${action}, nothing is forwarded`, { others }),
  );
}

/** At most one more than is shown, because each looks for the nearest name. */
function checkTargets(
  routes: readonly (Draft<RouteFile> | undefined)[],
  poolNames: readonly string[] | undefined,
  shown: ShownRoutes,
): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [at, route] of routes.entries()) {
    if (findings.length > MAX_PROBLEMS) break;
    findings.push(...checkAction(route, at, poolNames, shown));
  }
  return findings;
}

function checkAction(
  route: Draft<RouteFile> | undefined,
  at: number,
  poolNames: readonly string[] | undefined,
  shown: ShownRoutes,
): readonly Finding[] {
  const here = ['routes', String(at)];
  const [first, ...others] = route === undefined ? ACTIONS : ACTIONS.filter((key) => shown.isGiven(at, key));
  if (first === undefined) {
    return [finding(here, `says what to match and not what to do; add one of: ${ACTIONS.join(', ')}`)];
  }
  if (route === undefined) return [];
  const excess =
    others.length === 0
      ? []
      : [
          finding([...here, first], `excludes ${others.join(' and ')}: keep one of them`, {
            others: others.map((key) => [...here, key]),
          }),
        ];
  return [
    ...excess,
    ...checkPool(route.pool, [...here, 'pool'], poolNames, shown),
    ...checkPool(route.mirror?.pool, [...here, 'mirror', 'pool'], poolNames, shown),
    ...(route.split ?? []).flatMap((share, index) =>
      checkPool(share?.pool, [...here, 'split', String(index), 'pool'], poolNames, shown),
    ),
  ];
}

function checkPool(
  pool: string | undefined,
  path: Path,
  poolNames: readonly string[] | undefined,
  { reference }: ShownRoutes,
): readonly Finding[] {
  if (pool === undefined || poolNames === undefined || poolNames.includes(pool)) return [];
  const known = reference(path);
  const near = known === undefined ? didYouMean(pool, poolNames) : '';
  const message = `there is no pool ${JSON.stringify(shorten(known ?? pool, 80))}; pools: ${listed(poolNames) || 'none'}${near}`;
  return [finding(path, message)];
}

function checkTwins(routes: readonly (Draft<RouteFile> | undefined)[], { nameOf }: ShownRoutes): readonly Finding[] {
  const findings: Finding[] = [];
  const names = new Map<string, number>();
  const matches = new Map<string, number>();
  for (const [at, route] of routes.entries()) {
    const key = route === undefined ? undefined : matchKey(route);
    if (route === undefined || key === undefined) continue;
    const path = ['routes', String(at)];
    const twin = matches.get(key);
    if (twin === undefined) matches.set(key, at);
    else findings.push(finding(path, `matches exactly what routes.${twin} matches, so it would never be used`));
    // Two that match the same would get the same name: already reported.
    if (route.name === undefined && twin !== undefined) continue;
    const name = routeName(route as RouteFile);
    const namesake = names.get(name);
    if (namesake === undefined) names.set(name, at);
    else
      findings.push(
        finding([...path, 'name'], `"${shorten(nameOf(at) ?? name, 80)}" is the name of routes.${namesake} too`),
      );
  }
  return findings;
}

/** Equal for routes that match the same requests; undefined if a part of it is wrong. */
function matchKey({
  host,
  path,
  path_prefix: prefix,
  path_regex: expression,
  methods,
  match,
}: Draft<RouteFile>): string | undefined {
  if (methods === undefined || methods.includes(undefined) || match === undefined) return undefined;
  return JSON.stringify([
    canonicalHost(host),
    path ?? null,
    expression ?? null,
    canonicalPrefix(prefix ?? '/'),
    [...new Set(methods as string[])].toSorted(),
    sorted(lowerNames(match.headers)),
    sorted(lowerNames(match.headers_regex)),
    sorted(match.query),
    sorted(match.query_regex),
    sorted(lowerNames(Object.fromEntries((match.geo ?? []).map((location) => [location, ''])))),
  ]);
}

type Named = Readonly<Record<string, string | undefined>>;

function lowerNames(record: Named | undefined): Named {
  return Object.fromEntries(Object.entries(record ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
}

function sorted(record: Named | undefined): readonly unknown[] {
  return Object.entries(record ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1));
}
