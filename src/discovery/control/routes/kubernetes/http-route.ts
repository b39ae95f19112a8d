/**
 * An HTTPRoute as a fragment of the configuration. Of several routes that match, Sluice's table takes the one that the
 * Gateway API prescribes: the most specific host, an exact path, the longest prefix, a method, most header fields, most
 * query parameters, the oldest.
 * Source: https://gateway-api.sigs.k8s.io/reference/api-spec/main/spec/#httproute
 */
import type { Fragment, FragmentRoute } from '../../../../config/found/load-fragment.ts';
import { foundName } from '../../../core/found-name.ts';
import { fieldOf, listAt, textAt } from '../../sources/json-value.ts';
import type { Grants } from './grants.ts';
import { filterKeys } from './route-filters.ts';
import type { RouteObject } from './route-kinds.ts';
import { boundRoutes, emptyPool, NO_BACKEND, type Pools, type Refuse, type Services } from './services.ts';

export interface HttpRouteContext {
  readonly services: Services;
  readonly grants: Grants;
  /** Names a part that does not apply. */
  readonly note: Refuse;
}

/** Throws Error if it cannot be a fragment. @param hosts null: any */
export function httpRouteFragment(
  route: RouteObject,
  hosts: readonly (string | null)[],
  context: HttpRouteContext,
): Fragment {
  const pools: Pools = new Map();
  const rules = listAt(route.spec, 'rules') ?? [];
  boundRoutes(hosts.length * rules.reduce((sum: number, rule) => sum + matchesOf(rule).length, 0));
  const found = rules.flatMap((rule) => ruleRoutes(rule, route, hosts, pools, context));
  const name = `${route.namespace}/${route.name}`;
  const routes = found.map((each, at): FragmentRoute => ({
    ...each,
    name: foundName(found.length === 1 ? name : `${name}/${at + 1}`, 'kubernetes'),
  }));
  return { subject: subjectOf(route), pools: Object.fromEntries(pools), routes };
}

export function subjectOf({ namespace, name }: RouteObject): string {
  return `HTTPRoute ${namespace}/${name}`;
}

const IGNORED = [['sessionPersistence'], ['retry'], ['timeouts', 'backendRequest']] as const;

function ruleRoutes(
  rule: unknown,
  route: RouteObject,
  hosts: readonly (string | null)[],
  pools: Pools,
  { services, grants, note }: HttpRouteContext,
): readonly Record<string, unknown>[] {
  for (const path of IGNORED) if (fieldOf(rule, ...path) !== undefined) note(`${path.join('.')} is ignored`);
  const poolOf = (ref: unknown): string | null => {
    const found = backendPool(ref, route, pools, services, grants);
    if (typeof found !== 'string') return found.pool;
    note(found);
    return null;
  };
  const timeout = textAt(rule, 'timeouts', 'request');
  const shared = timeout === null ? {} : { timeout: durationOf(timeout) };
  const filters = listAt(rule, 'filters') ?? [];
  const isRedirect = filters.some((filter) => fieldOf(filter, 'type') === 'RequestRedirect');
  const target = isRedirect ? {} : targetOf(listAt(rule, 'backendRefs') ?? [], pools, poolOf);
  return matchesOf(rule).flatMap((match) =>
    hosts.map((host) => ({
      ...(host !== null && { host }),
      ...matchKeys(match),
      ...shared,
      ...target,
      // A route that answers by itself changes no request.
      ...filterKeys('respond' in target ? [] : filters, host, poolOf),
    })),
  );
}

/** Without any, everything matches. */
function matchesOf(rule: unknown): readonly unknown[] {
  const matches = listAt(rule, 'matches') ?? [];
  return matches.length === 0 ? [{}] : matches;
}

/** `pool`, `split`, or an answer if there is none. */
function targetOf(refs: readonly unknown[], pools: Pools, poolOf: (ref: unknown) => string | null): object {
  const shares = refs.map((ref) => {
    if ((listAt(ref, 'filters') ?? []).length > 0) throw new Error('filters of a backendRef are not supported');
    const weight = fieldOf(ref, 'weight');
    return { pool: poolOf(ref), weight: typeof weight === 'number' ? weight : 1 };
  });
  const used = shares.filter(({ weight }) => weight > 0);
  if (used.every(({ pool }) => pool === null)) return NO_BACKEND;
  const [only, ...others] = used;
  if (others.length === 0) return { pool: only!.pool };
  return {
    split: scaled(used).map(({ pool, weight }) => ({ pool: pool ?? emptyPool(pools), weight })),
    // The weights count requests, and a backend without endpoints keeps its share.
    split_by: 'request',
    split_failover: false,
  };
}

/** Weights of a split end at 1000, and those of the API at 1,000,000. */
function scaled<S extends { readonly weight: number }>(shares: readonly S[]): readonly S[] {
  const largest = Math.max(...shares.map(({ weight }) => weight));
  if (largest <= MAX_WEIGHT) return shares;
  return shares.map((share) => ({ ...share, weight: Math.max(1, Math.round((share.weight * MAX_WEIGHT) / largest)) }));
}

const MAX_WEIGHT = 1000;

/** A text says why it cannot be used. */
function backendPool(
  ref: unknown,
  route: RouteObject,
  pools: Pools,
  services: Services,
  grants: Grants,
): { readonly pool: string } | string {
  const [group, kind] = [textAt(ref, 'group') ?? '', textAt(ref, 'kind') ?? 'Service'];
  const [name, port] = [textAt(ref, 'name') ?? '', fieldOf(ref, 'port')];
  if (group !== '' || kind !== 'Service') return `backend ${kind} ${name} is not supported; only a Service is`;
  const namespace = textAt(ref, 'namespace') ?? route.namespace;
  if (namespace !== route.namespace && !grants.allow(route.namespace, namespace, name))
    return `no ReferenceGrant in namespace ${namespace} allows it to use Service ${namespace}/${name}`;
  if (typeof port !== 'number') return `backend Service ${namespace}/${name} needs a port`;
  return services.poolOf({ namespace, name, port }, pools);
}

/** Throws Error for a kind of match that there is not. */
function matchKeys(match: unknown): object {
  const method = textAt(match, 'method');
  const headers = conditions(listAt(match, 'headers') ?? [], 'header', (name) => name.toLowerCase());
  const query = conditions(listAt(match, 'queryParams') ?? [], 'query parameter', (name) => name);
  return {
    ...pathKeys(match),
    ...(method !== null && { methods: [method] }),
    match: {
      headers: headers.exact,
      headers_regex: headers.expressions,
      query: query.exact,
      query_regex: query.expressions,
    },
  };
}

function pathKeys(match: unknown): object {
  const type = textAt(match, 'path', 'type') ?? 'PathPrefix';
  const value = textAt(match, 'path', 'value') ?? '/';
  if (type === 'Exact') return { path: value };
  if (type === 'PathPrefix') return { path_prefix: value };
  if (type === 'RegularExpression') return { path_regex: whole(value) };
  throw new Error(`path match ${type} is not supported`);
}

function conditions(
  list: readonly unknown[],
  what: string,
  keyOf: (name: string) => string,
): { readonly exact: Record<string, string>; readonly expressions: Record<string, string> } {
  const exact: Record<string, string> = {};
  const expressions: Record<string, string> = {};
  for (const each of list) {
    const [type, value] = [textAt(each, 'type') ?? 'Exact', textAt(each, 'value') ?? ''];
    const name = keyOf(textAt(each, 'name') ?? '');
    // Lost without a word, the condition would let more requests match.
    if (name === '__proto__') throw new Error(`${what} match on ${name} is not supported`);
    // Of several conditions on a name, the first counts.
    if (Object.hasOwn(exact, name) || Object.hasOwn(expressions, name)) continue;
    if (type === 'RegularExpression') expressions[name] = whole(value);
    // To Sluice, `*` is any value.
    else if (type === 'Exact' && value === '*') expressions[name] = '^\\*$';
    else if (type === 'Exact') exact[name] = value;
    else throw new Error(`${what} match ${type} is not supported`);
  }
  return { exact, expressions };
}

/** The expression matches the whole value, as in most implementations. */
function whole(expression: string): string {
  return `^(?:${expression})$`;
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Of GEP-2257, such as `1m30s`. */
function durationOf(text: string): string {
  const parts = [...text.matchAll(/(\d+)(ms|h|m|s)/g)];
  if (parts.map(([part]) => part).join('') !== text) throw new Error(`timeouts.request ${text} is no duration`);
  return `${parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0)}ms`;
}
