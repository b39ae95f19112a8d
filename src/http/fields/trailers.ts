/** Which trailer fields are passed on, in both directions. */
import { ODD_NAME, PASS, ruleFor } from './header-rules.ts';

/** They would frame, route, cache or authenticate what has already been handled (RFC 9110, 6.5.1). */
const NEVER: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-range',
  'content-type',
  'cookie',
  'location',
  'set-cookie',
  'www-authenticate',
]);

/**
 * Of an answer. @param raw name and value alternating; @returns pairs, without those that belong to the connection or
 * must come first.
 */
export function answerTrailers(raw: readonly string[]): [string, string][] {
  const passed: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]!;
    const rule = ruleFor(name);
    if ((rule === PASS || rule === ODD_NAME) && !NEVER.has(name.toLowerCase())) passed.push([name, raw[at + 1]!]);
  }
  return passed;
}

/** @param raw name and value alternating. @param name lower case */
export function withoutField(raw: readonly string[], name: string): readonly string[] {
  return raw.filter((_, at) => raw[at - (at % 2)]!.toLowerCase() !== name);
}

/**
 * Of a request: backends that fold names must not take one for a field of the head either.
 *
 * @param refused folded names of fields that would identify the client, which has already been identified
 */
export function requestTrailers(raw: readonly string[], refused: readonly ReadonlySet<string>[]): [string, string][] {
  return answerTrailers(raw).filter(([name]) => {
    const lower = name.toLowerCase();
    return ruleFor(name) === PASS && !refused.some((names) => names.has(lower));
  });
}
