/** Bearer tokens of the admin port: who bears which, and what is kept of them. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenSettings } from '../config/settings.ts';
import type { Role } from './core/role.ts';

/** Who calls: as the audit log names it. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
}

/** Bears `admin.token`. */
const ADMIN: Principal = { name: 'admin', role: 'admin' };
/** Everybody where no token is configured, which is allowed on a loopback address only. */
export const ANONYMOUS: Principal = { name: 'anonymous', role: 'admin' };

/** 256 bits of randomness; the prefix lets secret scanners find a leaked one. */
export function createAccessToken(): string {
  return `slt_${randomBytes(32).toString('base64url')}`;
}

/**
 * As the configuration keeps it. No salt and no slow hash: those are for passwords, of which a thief of the hashes can
 * try all likely ones; of 256 random bits there are none more likely than others.
 */
export function hashAccessToken(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('hex')}`;
}

/**
 * Tells whose token is offered; undefined: nobody's. Digests are compared, and always with every token there is, so
 * the time shows neither the place of the first difference nor which token came near.
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
