/** API keys of clients: shown once, stored as a hash. */
import { createHash, randomBytes } from 'node:crypto';

/** 256 bits of randomness; the prefix lets secret scanners find a leaked one. */
export function createApiKey(): string {
  return `slk_${randomBytes(32).toString('base64url')}`;
}

/**
 * SHA-256, hex. A slow, salted hash is for passwords, which can be guessed; 256 random bits cannot, and this hash is
 * computed for every request.
 */
export function hashApiKey(apiKey: string): string {
  return createHash('sha256').update(apiKey).digest('hex');
}
