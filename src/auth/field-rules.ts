/** What authentication changes in the head of a request on its way to a backend. */
import { withoutCookies } from '../net/cookie.ts';
import { removeFields } from '../http/fields/remove-fields.ts';
import type { VerifiedCaller } from './verified-caller.ts';

interface RuledExchange {
  readonly verified: VerifiedCaller | null;
}

/** Removes what only the gateway may say. */
export class AssertedFieldRule {
  readonly #names: ReadonlySet<string>;

  /** @param names folded */
  constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  applyTo(fields: string[]): void {
    removeFields(fields, this.#names);
  }
}

/**
 * Removes all credentials that the route knows, in every spelling, and adds what the caller has proved: a second field
 * with another credential, which was not looked at, must not reach a backend that believes it was.
 */
export class VerifiedFieldRule {
  applyTo(fields: string[], { verified }: RuledExchange): void {
    if (verified === null) return;
    removeFields(fields, verified.removed);
    if (verified.removedCookies.length > 0) changeCookies(fields, verified);
    fields.push(...verified.fields);
  }
}

/** Several cookies of the same name: a backend may take another one than was verified. */
function changeCookies(fields: string[], { removedCookies, cookie }: VerifiedCaller): void {
  const kept: string[] = [];
  for (let at = fields.length - 2; at >= 0; at -= 2) {
    if (fields[at]!.toLowerCase() !== 'cookie') continue;
    const cookies = withoutCookies(fields[at + 1]!, removedCookies);
    if (cookies !== '') kept.unshift(cookies);
    fields.splice(at, 2);
  }
  if (cookie !== '') kept.push(cookie);
  // One field (RFC 6265, 5.4).
  if (kept.length > 0) fields.push('cookie', kept.join('; '));
}
