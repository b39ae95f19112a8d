/**
 * Rules in an order, as routes: ours are chosen by host, then the whole path, then regular expressions in the order of the
 * file, then the longest prefix. Where that would choose another rule than the first one, rules are repeated for a
 * host, or the paths of a host are all written as regular expressions, which keep their order.
 */
import type { ImportFindings } from '../outline/findings.ts';
import { Part, plain } from '../outline/part.ts';
import { hostCovers, pathAccepts } from './combine.ts';
import { quoted } from './expression.ts';
import type { Match, PathMatch, Rule } from './rule.ts';

/** Routes, as parts with what they match. */
export function orderedRoutes(rules: readonly Rule[], findings: ImportFindings): readonly Part[] {
  const hosts = [...new Set(rules.map(({ match }) => match.host))];
  return hosts.flatMap((host) => {
    const group = withoutRepeated(groupOf(host, rules));
    const isExact = group.some((rule, at) => group.slice(at + 1).some((later) => isMisplaced(rule, later)));
    const needsStarts = group.some((rule) => isGuardedStart(rule, rules));
    return group.map((rule) => routeOf(rule, host, isExact || needsStarts, findings));
  });
}

/** Its rules, and those for more hosts that come before one of them and would be passed by. */
function groupOf(host: string | undefined, rules: readonly Rule[]): readonly Rule[] {
  const isOwn = ({ match }: Rule): boolean => match.host === host;
  return rules.filter((rule, at) => {
    if (isOwn(rule)) return true;
    if (!hostCovers(rule.match.host, host)) return false;
    return rules.slice(at + 1).some((later) => isOwn(later) && mayBoth(rule.match, later.match));
  });
}

/** A rule that an earlier one with the same match always precedes. */
function withoutRepeated(rules: readonly Rule[]): readonly Rule[] {
  const seen = new Set<string>();
  return rules.filter(({ match: { host: _, ...match } }) => {
    const key = JSON.stringify(match);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

/** Ours would choose the later one for a request that both match. */
function isMisplaced(rule: Rule, later: Rule): boolean {
  return prefers(later.match, rule.match) && mayBoth(rule.match, later.match);
}

/** Whether our routes choose `one` before `other`, both of the same host, `other` being first in the file. */
function prefers(one: Match, other: Match): boolean {
  const [a, b] = [rank(one.path), rank(other.path)];
  if (a !== b) return a < b;
  if (a === 1) return false;
  if (a === 2 && prefixOf(one).length !== prefixOf(other).length) return prefixOf(one).length > prefixOf(other).length;
  const [more, fewer] = [demandsOf(one), demandsOf(other)];
  const differing = more.findIndex((count, at) => count !== fewer[at]);
  return differing !== -1 && more[differing]! > fewer[differing]!;
}

function rank(path: PathMatch | undefined): number {
  if (path?.kind === 'exact') return 0;
  return path?.kind === 'regex' ? 1 : 2;
}

function prefixOf({ path }: Match): string {
  return path === undefined ? '' : path.text.replace(/\/+$/, '');
}

function demandsOf({ methods, headers, headersRegex, query, queryRegex }: Match): readonly number[] {
  const count = (...records: readonly object[]): number =>
    records.reduce((sum, record) => sum + Object.keys(record).length, 0);
  return [methods.length > 0 ? 1 : 0, count(headers, headersRegex), count(query, queryRegex)];
}

/** Whether a request may match both, their hosts apart. Rather yes than no. */
function mayBoth(one: Match, other: Match): boolean {
  const shared = one.methods.some((method) => other.methods.includes(method));
  if (one.methods.length > 0 && other.methods.length > 0 && !shared) return false;
  if (contradict(one.headers, other.headers) || contradict(one.query, other.query)) return false;
  if (one.path === undefined || other.path === undefined) return true;
  const [a, b] = [one.path, other.path];
  if (a.kind === 'exact') return pathAccepts(b, a.text);
  if (b.kind === 'exact') return pathAccepts(a, b.text);
  if (a.kind === 'regex' || b.kind === 'regex') return true;
  const [first, second] = [prefixOf(one), prefixOf(other)];
  return first.startsWith(second) || second.startsWith(first);
}

function contradict(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  return Object.entries(one).some(
    ([name, value]) => other[name] !== undefined && value !== '*' && other[name] !== '*' && other[name] !== value,
  );
}

/** What decides who is let through. */
const GUARDS = ['auth', 'allow', 'deny', 'rate_limit', 'max_in_flight_per_client', 'respond'];

function guardOf({ action }: Rule): string {
  return JSON.stringify(GUARDS.map((key) => plain(action.get(key) ?? '')));
}

/** Paths such as /adminx, which begin like it in the middle of a segment, would go to a rule that guards otherwise. */
function isGuardedStart(rule: Rule, rules: readonly Rule[]): boolean {
  const { path, host } = rule.match;
  if (path?.kind !== 'start' || path.text.endsWith('/')) return false;
  return rules.some(
    (other) =>
      other !== rule &&
      other.action.get('respond') === undefined &&
      guardOf(other) !== guardOf(rule) &&
      (hostCovers(other.match.host, host) || hostCovers(host, other.match.host)) &&
      mayTakeMore(other.match, path.text) &&
      mayBoth(rule.match, other.match),
  );
}

/** Whether it matches paths that begin like `text` in the middle of a segment, and is tried after that. */
function mayTakeMore({ path }: Match, text: string): boolean {
  if (path === undefined || path.kind === 'regex') return true;
  return path.kind !== 'exact' && path.text.length < text.length;
}

function routeOf(rule: Rule, host: string | undefined, isRegex: boolean, findings: ImportFindings): Part {
  const { match, action, origin, name } = rule;
  const route = new Part();
  // Names are unique: a route that is repeated for another host has none.
  if (name !== undefined && match.host === host) route.set('name', name.slice(0, 100), origin);
  if (host !== undefined) route.set('host', host, origin);
  const { path } = match;
  const made = isRegex ? asRegex(path) : path;
  if (made?.kind === 'exact') route.set('path', made.text, origin);
  else if (made?.kind === 'regex') route.set('path_regex', made.text, origin);
  else route.set('path_prefix', (made?.text ?? '/').replace(/(?!^)\/+$/, ''), origin);
  if (made?.kind === 'start' && !made.text.endsWith('/'))
    findings.note(origin, `${made.text} matches whole segments here: not ${made.text}x`);
  if (match.methods.length > 0) route.set('methods', match.methods, origin);
  for (const [key, record] of [
    ['headers', match.headers],
    ['headers_regex', match.headersRegex],
    ['query', match.query],
    ['query_regex', match.queryRegex],
  ] as const) {
    for (const [field, value] of Object.entries(record)) route.set(['match', key, field], value, origin);
  }
  const own = isRegex && path?.kind !== 'regex' ? withoutPrefix(action, path) : action;
  return route.fill(own);
}

function asRegex(path: PathMatch | undefined): PathMatch {
  if (path === undefined) return { kind: 'regex', text: '^/' };
  if (path.kind === 'regex') return path;
  const text = quoted(path.text.replace(path.kind === 'prefix' ? /\/+$/ : /$^/, ''));
  const ends = { exact: '$', start: '', prefix: '(?:/|$)' }[path.kind];
  return { kind: 'regex', text: `^${text}${ends}` };
}

/** What replaces a prefix needs one: an expression does the same. */
function withoutPrefix(action: Part, path: PathMatch | undefined): Part {
  const made = action.copy();
  const from = `^${quoted((path?.text ?? '').replace(/\/+$/, ''))}/?`;
  const strip = action.entries.get('strip_prefix');
  const prefix = action.get('rewrite', 'prefix');
  const base = strip?.value === true ? '' : typeof prefix === 'string' ? prefix.replace(/\/+$/, '') : undefined;
  if (base === undefined || path?.kind === 'exact') return made;
  const origin = strip?.origin ?? action.entries.get('rewrite')?.origin;
  made.delete('strip_prefix');
  made.set(
    'rewrite',
    new Part().set('regex', from, origin).set('to', `${base.replaceAll(/[{}]/g, '$&$&')}/`, origin),
    origin,
  );
  return made;
}
