/** Bearer tokens of the admin port: their names and roles, and what is stored of them. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenSettings } from '../config/settings.ts';
import type { Role } from './core/admin-access-vocabulary.ts';

/** The caller, as named in the audit log. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
}

/** The holder of `admin.token`. */
const ADMIN: Principal = { name: 'admin', role: 'admin' };
/** Everybody if no token is configured, which is allowed on a loopback address only. */
export const ANONYMOUS: Principal = { name: 'anonymous', role: 'admin' };

/** 256 bits of randomness; the prefix lets secret scanners find a leaked one. */
export function createAccessToken(): string {
  return `slt_${randomBytes(32).toString('base64url')}`;
}

/**
 * As stored in the configuration. No salt and no slow hash: those protect passwords, where a thief of the hashes can
 * try all likely ones; among 256 random bits none are likelier than others.
 */
export function hashAccessToken(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('hex')}`;
}

/**
 * Identifies the offered token; undefined: unknown. Digests are compared, and always with all tokens, so the timing
 * reveals neither the position of the first difference nor which token came near.
 */
export function principalCheck(admin: {
  readonly token: string | null;
  readonly tokens: readonly TokenSettings[];
}): (offered: string) => Principal | undefined {
  const known = admin.tokens.map(({ name, role, hash }) => ({ principal: { name, role }, digest: bytesOf(hash) }));
  if (admin.token !== null) known.push({ principal: ADMIN, digest: bytesOf(hashAccessToken(admin.token)) });
  return (offered) => {
    const digest = bytesOf(hashAccessToken(offered));
    let found: Principal | undefined;
    for (const one of known) if (timingSafeEqual(digest, one.digest)) found = one.principal;
    return found;
  };
}

function bytesOf(hash: string): Buffer {
  return Buffer.from(hash.slice('sha256:'.length), 'hex');
}
