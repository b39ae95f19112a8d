/**
 * The value of a sticky cookie: `v1.<key id>.<opaque backend id>.<started>-<seen>.<HMAC-SHA256 of all before>`.
 *
 * `started` is when the session began, seconds since 1970 in base 36; `seen` is how many seconds later this cookie was
 * made, also in base 36: idle time counts from then.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SameSite } from './core/net-vocabulary.ts';

/** A session, as encoded in its cookie. */
export interface BoundSession<Backend> {
  readonly backend: Backend;
  /** Seconds since 1970: when it began, and when its cookie was made. */
  readonly startedS: number;
  readonly seenS: number;
  /** Signed by a key that is no longer used for signing. */
  readonly isOldKey: boolean;
}

export interface SessionCookie {
  readonly keyId: string;
  readonly opaqueId: string;
  /** Seconds since 1970. */
  readonly startedS: number;
  readonly seenS: number;
}

export function writeSession({ keyId, opaqueId, startedS, seenS }: SessionCookie, secret: string): string {
  const seen = Math.max(0, seenS - startedS);
  const text = `v1.${keyId}.${opaqueId}.${startedS.toString(36)}-${seen.toString(36)}`;
  return `${text}.${sign(text, secret).toString('base64url')}`;
}

const FORM = /^(v1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{16})\.([0-9a-z]{1,8})-([0-9a-z]{1,8}))\.([A-Za-z0-9_-]{43})$/;

/** Undefined: not one of ours. @param secretOf the secret of a key; undefined: no such key. */
export function readSession(value: string, secretOf: (keyId: string) => string | undefined): SessionCookie | undefined {
  const parts = FORM.exec(value);
  if (parts === null) return undefined;
  const [, text, keyId, opaqueId, started, seen, signature] = parts as unknown as readonly [
    string,
    ...(readonly [string, string, string, string, string, string]),
  ];
  const secret = secretOf(keyId);
  if (secret === undefined) return undefined;
  if (!timingSafeEqual(sign(text, secret), Buffer.from(signature, 'base64url'))) return undefined;
  const startedS = parseInt(started, 36);
  return { keyId, opaqueId, startedS, seenS: startedS + parseInt(seen, 36) };
}

/** Where and when a client sends the cookie (RFC 6265, 4.1.2; RFC 6265bis for SameSite and Partitioned). */
export interface CookieScope {
  readonly path: string;
  /** Also for subdomains; null: for exactly this host. */
  readonly domain: string | null;
  readonly sameSite: SameSite;
  /** Partitioned by the site that the page is embedded in. */
  readonly partitioned: boolean;
}

const SAME_SITE: Readonly<Record<SameSite, string>> = { lax: 'Lax', strict: 'Strict', none: 'None' };

/** The Set-Cookie field. */
export function sessionField(
  name: string,
  value: string,
  { path, domain, sameSite, partitioned }: CookieScope,
  maxAgeS: number,
  isSecure: boolean,
): string {
  const scope = `${domain === null ? '' : `; Domain=${domain}`}${partitioned ? '; Partitioned' : ''}`;
  const secure = isSecure ? '; Secure' : '';
  return `${name}=${value}; Path=${path}; Max-Age=${maxAgeS}; HttpOnly; SameSite=${SAME_SITE[sameSite]}${scope}${secure}`;
}

function sign(text: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}
