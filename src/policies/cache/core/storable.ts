/** Which answers a shared cache may store (RFC 9111, 3). */
import type { Directives } from './cache-control.ts';

export interface StorableFacts {
  readonly status: number;
  readonly directives: Directives;
  /** The request says who it is from: Authorization, an API key, a certificate. */
  readonly isPersonal: boolean;
  /** What the answer says about its lifetime, seconds; undefined: nothing. */
  readonly lifetime: number | undefined;
  /** Seconds; 0: none. */
  readonly defaultTtl: number;
  readonly hasValidator: boolean;
  readonly isSettingCookies: boolean;
  /** Answers that set cookies are stored, too. */
  readonly storesCookies: boolean;
}

/** Those that may be stored although they do not say how long (RFC 9110, 15.1). */
const BY_DEFAULT: readonly number[] = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];
/** Of those with `must-understand`, the ones whose rules this cache follows. */
const UNDERSTOOD: readonly number[] = [...BY_DEFAULT, 302, 303, 307];
/** Parts, and answers about something that the client has. */
const NEVER: readonly number[] = [206, 304];

export function isStorable(facts: StorableFacts): boolean {
  const { status, directives, lifetime } = facts;
  if (status < 200 || NEVER.includes(status)) return false;
  const mustUnderstand = directives.has('must-understand');
  if (mustUnderstand && !UNDERSTOOD.includes(status)) return false;
  if (directives.has('no-store') && !mustUnderstand) return false;
  if (directives.has('private')) return false;
  if (facts.isSettingCookies && !facts.storesCookies) return false;
  if (facts.isPersonal && !['public', 's-maxage', 'must-revalidate'].some((name) => directives.has(name))) return false;
  if (lifetime === undefined) {
    if (directives.has('no-cache')) return facts.hasValidator && BY_DEFAULT.includes(status);
    return facts.defaultTtl > 0 && BY_DEFAULT.includes(status);
  }
  // Never to be used without asking, and there is nothing to ask with.
  const isOfUse = lifetime > 0 && !directives.has('no-cache');
  return (
    isOfUse || facts.hasValidator || ['stale-while-revalidate', 'stale-if-error'].some((name) => directives.has(name))
  );
}
