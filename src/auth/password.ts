/** Passwords of users: hashed so slowly that guessing one from a stolen hash is not worth it. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import {
  DEFAULT_COST,
  formatPasswordHash,
  HASH_BYTES,
  type PasswordHash,
  SALT_BYTES,
  type ScryptCost,
} from './core/password-hash.ts';

/** Of the parameters that are allowed, twice what the most costly take. */
const MAX_MEMORY = 2 ** 28;

/** As the configuration writes it. @param cost default: {@link DEFAULT_COST} */
export async function hashPassword(password: string, cost: ScryptCost = DEFAULT_COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, cost);
  return formatPasswordHash({ ...cost, salt: salt.toString('base64url'), hash: hash.toString('base64url') });
}

/** Takes as long as the cost of the hash says, on a thread of libuv's pool. */
export async function isPassword(password: string, expected: PasswordHash): Promise<boolean> {
  const hash = await derive(password, Buffer.from(expected.salt, 'base64url'), expected);
  return timingSafeEqual(hash, Buffer.from(expected.hash, 'base64url'));
}

function derive(password: string, salt: Buffer, { logN, r, p }: ScryptCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Equal texts are equal passwords, however their accents are composed (RFC 8265, 4.2.2).
    scrypt(password.normalize('NFC'), salt, HASH_BYTES, { N: 2 ** logN, r, p, maxmem: MAX_MEMORY }, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    );
  });
}
