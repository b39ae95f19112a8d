/** How the configuration writes the hash of a password: `scrypt:15:8:3:SALT:HASH`. */

/** Parameters of scrypt (RFC 7914, 2). It takes 128 · 2^logN · r bytes, and time in proportion to that and p. */
export interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

export interface PasswordHash extends ScryptCost {
  /** Both in base64url. */
  readonly salt: string;
  readonly hash: string;
}

/** 32 MiB, and a tenth of a second or so (OWASP, Password Storage Cheat Sheet). */
export const DEFAULT_COST: ScryptCost = { logN: 15, r: 8, p: 3 };

export const SALT_BYTES = 16;
export const HASH_BYTES = 32;

/** Between what resists guessing at all and what a gateway can pay: 16 to 128 MiB. */
const FORM = /^scrypt:(1[4-7]):(8):([1-9]|10):([A-Za-z0-9_-]{22,86}):([A-Za-z0-9_-]{43})$/;

/** Undefined: it is none. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [, logN, r, p, salt, hash] = FORM.exec(text) ?? [];
  return hash === undefined ? undefined : { logN: Number(logN), r: Number(r), p: Number(p), salt: salt!, hash };
}

export function formatPasswordHash({ logN, r, p, salt, hash }: PasswordHash): string {
  return ['scrypt', logN, r, p, salt, hash].join(':');
}
