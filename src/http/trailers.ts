/** Which trailer fields are passed on, in both directions. */
import { PASS, ruleFor } from './header-rules.ts';

/** They would frame, route, cache or authenticate what has been handled already (RFC 9110, 6.5.1). */
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

/** @param raw name and value in turn; @returns pairs, without those that belong to the connection or must come first. */
export function passedTrailers(raw: readonly string[]): [string, string][] {
  const passed: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]!;
    if (ruleFor(name) === PASS && !NEVER.has(name.toLowerCase())) passed.push([name, raw[at + 1]!]);
  }
  return passed;
}
