/**
 * Redirects that lead back to their own route, as far as that can be known without a request: to the same scheme, port
 * and host, on a route without conditions. At run time, a redirect to the very same URL is answered 508.
 */
import { Template } from '../../../core/template.ts';
import { LinearExpression } from '../../../net/linear-expression.ts';
import { finding, type Finding } from '../../file/problem.ts';
import { canonicalHost, canonicalPrefix } from '../../route-name.ts';
import type { RouteFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';

type Route = Draft<RouteFile>;

const MATCH_KEYS = ['host', 'path', 'path_prefix', 'path_regex', 'methods', 'match', 'redirect'] as const;

/** @param isGiven whether a route has a key, whatever its value */
export function checkRedirectLoops(
  routes: readonly (Route | undefined)[],
  isGiven: (at: number, key: string) => boolean,
): readonly Finding[] {
  // What one with a mistake matches is unknown.
  if (routes.some((route, at) => MATCH_KEYS.some((key) => isGiven(at, key) && route?.[key] === undefined))) return [];
  return routes.flatMap((route, at) => {
    const target = route === undefined || hasConditions(route) ? undefined : targetOf(route);
    if (route === undefined || target === undefined || !matches(route, target)) return [];
    // One that is asked first, or perhaps is.
    const isTaken = routes.some(
      (other, index) =>
        index !== at && other !== undefined && matches(other, target) && comesFirst(other, route, index < at),
    );
    if (isTaken) return [];
    const key = route.redirect?.path === undefined ? 'path_prefix' : 'path';
    const keys = route.redirect?.[key] === undefined ? [] : [key];
    return [finding(['routes', String(at), 'redirect', ...keys], 'leads back to this route: an endless redirect')];
  });
}

function hasConditions({ methods = [], match = {} }: Route): boolean {
  return methods.length > 0 || Object.values(match).some((record) => Object.keys(record ?? {}).length > 0);
}

/** A path that it may lead to; undefined: unknown, or to another place. */
function targetOf({ host, redirect, path, path_prefix: prefix, path_regex: expression }: Route): string | undefined {
  if (redirect === undefined || redirect.scheme !== undefined || redirect.port !== undefined) return undefined;
  if (redirect.host !== undefined && redirect.host !== '{host}') {
    if (host === undefined || canonicalHost(redirect.host) !== canonicalHost(host)) return undefined;
  }
  // What a request may have asked for.
  const asked = path ?? (expression === undefined ? below(prefix ?? '/') : undefined);
  if (redirect.path_prefix !== undefined) return below(redirect.path_prefix);
  if (redirect.path === undefined) return asked;
  const template = new Template(redirect.path.split('?', 1)[0]!);
  if (asked === undefined && template.placeholders.includes('path')) return undefined;
  return template.fill({ valueOf: (placeholder) => (placeholder === 'path' ? asked : 'x') });
}

function below(prefix: string): string {
  return `${prefix.replace(/\/+$/, '')}/x`;
}

function matches({ path, path_prefix: prefix, path_regex: expression }: Route, target: string): boolean {
  if (path !== undefined) return path === target;
  if (expression !== undefined) return new LinearExpression(expression).matches(target);
  const start = canonicalPrefix(prefix ?? '/');
  return start === '/' || target === start || target.startsWith(`${start}/`);
}

/** As RouteTable orders them, for routes of the same host. */
function comesFirst(other: Route, route: Route, isBefore: boolean): boolean {
  if (canonicalHost(other.host) !== canonicalHost(route.host)) return false;
  if (rank(other) !== rank(route)) return rank(other) < rank(route);
  const longer = prefixLength(other) - prefixLength(route);
  if (rank(route) === 2 && longer !== 0) return longer > 0;
  return isBefore || (rank(route) !== 1 && hasConditions(other));
}

function prefixLength({ path_prefix: prefix }: Route): number {
  return canonicalPrefix(prefix ?? '/').length;
}

function rank({ path, path_regex: expression }: Route): number {
  if (path !== undefined) return 0;
  return expression === undefined ? 2 : 1;
}
