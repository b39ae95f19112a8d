/** Cache-Control (RFC 9111, 5.2) of a request or an answer. */

/** By name in lower case: the argument, without quotes; empty: none. */
export type Directives = ReadonlyMap<string, string>;

const NONE: Directives = new Map();
/** A directive, perhaps with an argument, which is a token or in quotes. Quotes may contain commas. */
const DIRECTIVE = /([^\s,;="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g;

/**
 * Of a directive that occurs twice, the first counts (RFC 9111, 4.2.1).
 *
 * @param value several fields joined by commas; undefined: there is none
 */
export function directivesOf(value: string | undefined): Directives {
  if (value === undefined || value === '') return NONE;
  const directives = new Map<string, string>();
  for (const [, name = '', quoted, token] of value.matchAll(DIRECTIVE)) {
    const lower = name.toLowerCase();
    if (!directives.has(lower)) directives.set(lower, quoted ?? token ?? '');
  }
  return directives;
}

/** Seconds are cut off here: RFC 9111, 1.2.2. */
const MAX_SECONDS = 2 ** 31;

/**
 * A number of seconds; undefined: there is no such directive. One that is not a number counts as 0, so that an answer
 * is stale rather than fresh for a time that nobody meant.
 */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  return /^\d+$/.test(value) ? Math.min(Number(value), MAX_SECONDS) : 0;
}
