import { Template } from '../../../core/template.ts';
import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import type { RouteFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';
import { checkGroups } from './check-groups.ts';

const TARGETS = ['scheme', 'host', 'port', 'path', 'path_prefix'] as const;

/** A redirect that leads somewhere, and nowhere that a client chooses. */
export function checkRedirect(route: Draft<RouteFile>, here: Path): readonly Finding[] {
  const { redirect } = route;
  if (redirect === undefined) return [];
  const at = [...here, 'redirect'];
  if (TARGETS.every((key) => redirect[key] === undefined)) {
    return [finding(at, `leads nowhere else; give at least one of: ${TARGETS.join(', ')}`)];
  }
  const findings: Finding[] = [];
  const { path, path_prefix: prefix } = redirect;
  if (path !== undefined && prefix !== undefined) {
    findings.push(
      finding([...at, 'path'], 'excludes path_prefix: keep one of them', { others: [[...at, 'path_prefix']] }),
    );
  }
  if (prefix !== undefined && (route.path !== undefined || route.path_regex !== undefined)) {
    findings.push(
      finding([...at, 'path_prefix'], 'needs path_prefix of the route, which it replaces; use redirect.path here'),
    );
  }
  for (const key of ['host', 'path'] as const) {
    const text = redirect[key];
    if (text !== undefined) findings.push(...checkGroups(text, route.path_regex, 'path_regex', [...at, key]));
  }
  return [...findings, ...checkHost(route, at)];
}

/** Everything but a route's own host is the client's choice (an open redirect, CWE-601). */
function checkHost({ host, redirect = {} }: Draft<RouteFile>, at: Path): readonly Finding[] {
  if (redirect.any_host === true) return [];
  const template = redirect.host === undefined ? undefined : new Template(redirect.host);
  const takesHost =
    template === undefined
      ? redirect.scheme !== undefined || redirect.port !== undefined
      : template.placeholders.includes('host');
  if (takesHost && host === undefined) {
    const key = template === undefined ? (redirect.scheme === undefined ? 'port' : 'scheme') : 'host';
    const message =
      'would lead to whatever host a client names: give the route a host, or redirect.host a fixed one; any_host: true allows it';
    return [finding([...at, key], message)];
  }
  const isFixed = template === undefined || template.placeholders.every((placeholder) => placeholder === 'host');
  // The part that decides whose host it is.
  if (isFixed || /\}(?:[a-z0-9_-]*\.)[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/i.test(redirect.host!)) return [];
  const message =
    'would lead to whatever host a client names: end it with a fixed domain, such as .example.com; any_host: true allows it';
  return [finding([...at, 'host'], message)];
}
