import type { Draft } from './draft.ts';
import { didYouMean } from '../schema/nearest.ts';
import type { Path } from '../file/path.ts';
import { finding, listed, MAX_PROBLEMS, shorten, type Finding } from '../file/problem.ts';
import { canonicalHost, canonicalPrefix, defaultPool, routeName } from '../route-name.ts';
import type { ConfigFile, RouteFile } from '../schema/schema.ts';

/** How to show routes with variables in them; undefined: there are none. */
export interface ShownRoutes {
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
  return [...missing, ...checkTargets(routes, poolNames, shown), ...checkTwins(routes, shown)];
}

function checkPresence(routeCount: number, poolNames: readonly string[]): readonly Finding[] {
  if (routeCount > 0 || poolNames.length <= 1 || defaultPool(poolNames) !== undefined) return [];
  const message = `missing; there are several pools (${listed(poolNames)}), so say which requests go where`;
  return [finding(['routes'], message)];
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
    findings.push(...checkPool(route, at, poolNames, shown));
  }
  return findings;
}

function checkPool(
  route: Draft<RouteFile> | undefined,
  at: number,
  poolNames: readonly string[] | undefined,
  { reference }: ShownRoutes,
): readonly Finding[] {
  if (route?.pool === undefined || poolNames === undefined || poolNames.includes(route.pool)) return [];
  const path = ['routes', String(at), 'pool'];
  const known = reference(path);
  const near = known === undefined ? didYouMean(route.pool, poolNames) : '';
  const message = `there is no pool ${JSON.stringify(shorten(known ?? route.pool, 80))}; pools: ${listed(poolNames) || 'none'}${near}`;
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
function matchKey({ host, path_prefix: prefix, methods }: Draft<RouteFile>): string | undefined {
  if (prefix === undefined || methods === undefined || methods.includes(undefined)) return undefined;
  return JSON.stringify([
    canonicalHost(host),
    canonicalPrefix(prefix),
    [...new Set(methods as string[])].toSorted((a, b) => (a < b ? -1 : 1)),
  ]);
}
