/** A set of public keys (RFC 7517), as a server or a file has it. */

/** A public key; it never has private members. */
export interface PublicJwk {
  readonly kty: string;
  readonly [member: string]: unknown;
}

const PUBLIC_TYPES = ['RSA', 'EC', 'OKP'];
/** Members of private keys (RFC 7518, 6.2.2 and 6.3.2; RFC 8037, 2). */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const MAX_KEYS = 100;

/**
 * The keys that can verify signatures, without private members: secret keys and those for encryption are ignored.
 *
 * @param value parsed JSON
 * @returns a text: why it is no such set
 */
export function publicKeysIn(value: unknown): readonly PublicJwk[] | string {
  const keys = isObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(keys)) return 'it is no set of keys: "keys" is missing';
  if (keys.length > MAX_KEYS) return `it has more than ${MAX_KEYS} keys`;
  const usable = keys.filter(isSigning).map(withoutPrivate);
  return usable.length === 0 ? 'it has no public key for signatures' : usable;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSigning(key: unknown): key is PublicJwk {
  if (!isObject(key) || !PUBLIC_TYPES.includes(key['kty'] as string)) return false;
  return key['use'] === undefined || key['use'] === 'sig';
}

function withoutPrivate(key: PublicJwk): PublicJwk {
  const entries = Object.entries(key).filter(([member]) => !PRIVATE.includes(member));
  return Object.fromEntries(entries) as unknown as PublicJwk;
}

const MIN_REFRESH_MS = 60_000;
const MAX_REFRESH_MS = 3_600_000;
const DEFAULT_REFRESH_MS = 600_000;

/** How long keys are used before they are fetched again: what Cache-Control says (RFC 9111, 5.2.2), 1 min to 1 h. */
export function refreshMs(cacheControl: string | null): number {
  const [, seconds] = /(?:^|[\s,])max-age="?(\d{1,9})"?/i.exec(cacheControl ?? '') ?? [];
  if (seconds === undefined) return DEFAULT_REFRESH_MS;
  return Math.min(MAX_REFRESH_MS, Math.max(MIN_REFRESH_MS, Number(seconds) * 1000));
}

/** Where an issuer says what it offers (OpenID Connect Discovery 1.0, 4). */
export function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/** The URL of the keys; a text with a space: why there is none. @param value parsed JSON */
export function keysUrlIn(value: unknown, issuer: string): { readonly url: string } | string {
  if (!isObject(value)) return 'its discovery document is not an object';
  // Otherwise another issuer could stand in for this one (4.3).
  if (value['issuer'] !== issuer) return 'its discovery document names another issuer';
  const url = value['jwks_uri'];
  if (typeof url !== 'string') return 'its discovery document has no jwks_uri';
  const isSafe = url.startsWith('https://') || (url.startsWith('http://') && issuer.startsWith('http://'));
  return isSafe && URL.canParse(url) ? { url } : 'the jwks_uri in its discovery document is no https:// URL';
}
