/** Conditions joined by "and" and "or": a list of matches stands for its alternatives. */
import { LinearExpression } from '../../../net/linear-expression.ts';
import { ANY, type Match, type PathMatch } from './rule.ts';

/** Alternatives of one rule; more would be more routes than anybody reads. */
const MAX_ALTERNATIVES = 512;

/** A condition that our routes cannot have. */
export class InexpressibleMatch extends Error {
  override readonly name = 'InexpressibleMatch';
}

/** Throws an InexpressibleMatch. */
export function allOf(...conditions: readonly (readonly Match[])[]): readonly Match[] {
  return conditions.reduce<readonly Match[]>(
    (some, others) => {
      if (some.length * others.length > MAX_ALTERNATIVES)
        throw new InexpressibleMatch(`more than ${MAX_ALTERNATIVES} combinations of its conditions`);
      return some.flatMap((one) => others.flatMap((other) => both(one, other)));
    },
    [ANY],
  );
}

/** None if no request meets both. */
function both(one: Match, other: Match): readonly Match[] {
  const host = bothHosts(one.host, other.host);
  const path = bothPaths(one.path, other.path);
  const methods =
    one.methods.length === 0
      ? other.methods
      : other.methods.length === 0
        ? one.methods
        : one.methods.filter((method) => other.methods.includes(method));
  const isNever =
    host === null || path === null || (methods.length === 0 && one.methods.length + other.methods.length > 0);
  const headers = merged(one.headers, other.headers);
  const query = merged(one.query, other.query);
  const headersRegex = mergedRegex(one.headersRegex, other.headersRegex);
  const queryRegex = mergedRegex(one.queryRegex, other.queryRegex);
  if (isNever || headers === null || query === null) return [];
  return [{ host, path, methods, headers, headersRegex, query, queryRegex }];
}

/** Null: no host is both. */
function bothHosts(one: string | undefined, other: string | undefined): string | undefined | null {
  if (one === undefined || one === other) return other;
  if (other === undefined) return one;
  if (hostCovers(one, other)) return other;
  return hostCovers(other, one) ? one : null;
}

/** Whether each host of `narrow` is one of `wide`; undefined: any host. */
export function hostCovers(wide: string | undefined, narrow: string | undefined): boolean {
  if (wide === undefined || wide === narrow) return true;
  return narrow !== undefined && wide.startsWith('*.') && narrow.endsWith(wide.slice(1));
}

/** Null: no path is both. */
function bothPaths(one: PathMatch | undefined, other: PathMatch | undefined): PathMatch | undefined | null {
  if (one === undefined || (one.kind === other?.kind && one.text === other.text)) return other;
  if (other === undefined) return one;
  if (one.kind === 'exact') return pathAccepts(other, one.text) ? one : null;
  if (other.kind === 'exact') return pathAccepts(one, other.text) ? other : null;
  if (one.kind === 'regex' || other.kind === 'regex')
    throw new InexpressibleMatch('a route matches its path in one way: two conditions on the path, one a regex');
  if (pathAccepts(one, other.text)) return other;
  return pathAccepts(other, one.text) ? one : null;
}

/** Whether a path meets it. */
export function pathAccepts({ kind, text }: PathMatch, path: string): boolean {
  if (kind === 'exact') return path === text;
  if (kind === 'start') return path.startsWith(text);
  if (kind === 'regex') return new LinearExpression(text).matches(path);
  const prefix = text.replace(/\/+$/, '');
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** Null: no request has both. */
function merged(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | null {
  const all = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const before = all[name];
    if (before === undefined || before === '*') all[name] = value;
    else if (value !== '*' && value !== before) return null;
  }
  return all;
}

function mergedRegex(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const twice = Object.keys(one).find((name) => Object.hasOwn(other, name) && one[name] !== other[name]);
  if (twice !== undefined) throw new InexpressibleMatch(`two regular expressions for ${twice}`);
  return { ...one, ...other };
}
