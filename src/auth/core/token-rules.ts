/** What a verified token says: whether it is for this route, and for how long that can be remembered (RFC 7519, 4.1). */

export type Claims = Readonly<Record<string, unknown>>;

/** In base64url: header, claims, signature. A fourth and a fifth part would be an encrypted token. */
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const BEARER = /^bearer +([^ ]+) *$/i;

export function isCompactToken(text: string): boolean {
  return COMPACT.test(text);
}

/** The token in an Authorization field (RFC 6750, 2.1); undefined: another scheme. */
export function bearerToken(field: string | undefined): string | undefined {
  return field === undefined ? undefined : BEARER.exec(field)?.[1];
}

/** Of `scope` (RFC 8693, 4.2), or of the `scp` that some issuers send. */
function scopesOf({ scope, scp }: Claims): readonly unknown[] {
  const given = scope ?? scp;
  if (typeof given === 'string') return given.split(' ');
  return Array.isArray(given) ? given : [];
}

export function hasScopes(claims: Claims, wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  const given = scopesOf(claims);
  return wanted.every((scope) => given.includes(scope));
}

export interface TokenTimes {
  readonly leewayMs: number;
  /** Since it was issued; null: any. */
  readonly maxAgeMs: number | null;
}

/**
 * Until when a token that is valid now stays valid, and at most `maxMs` from now. Milliseconds since the epoch, as `nowMs`;
 * claims have seconds.
 */
export function validUntilMs(
  { exp, iat }: Claims,
  { leewayMs, maxAgeMs }: TokenTimes,
  nowMs: number,
  maxMs: number,
): number {
  const ends = [nowMs + maxMs];
  if (typeof exp === 'number') ends.push(exp * 1000 + leewayMs);
  if (typeof iat === 'number' && maxAgeMs !== null) ends.push(iat * 1000 + maxAgeMs + leewayMs);
  return Math.min(...ends);
}
