/** Encrypts private keys for the database: AES-256-GCM, bound to what the key belongs to. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;

export class KeyCipher {
  readonly #key: Uint8Array;
  /** Tells keys apart, and says nothing about them. */
  readonly #keyId: string;

  /** @param key 32 bytes */
  constructor(key: Uint8Array) {
    this.#key = key;
    this.#keyId = createHash('sha256').update('sluice storage key').update(key).digest('hex').slice(0, 8);
  }

  /** @param owner id of what the key belongs to: it can be decrypted for that only */
  encrypt(text: string, owner: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(owner));
    const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    const parts = [nonce, cipher.getAuthTag(), encrypted].map((part) => part.toString('base64url'));
    return ['v1', this.#keyId, ...parts].join('.');
  }

  /** Throws Error with the reason, which contains nothing of the key. */
  decrypt(stored: string, owner: string): string {
    const [version, keyId, ...parts] = stored.split('.');
    if (version !== 'v1' || parts.length !== 3) throw new Error('the stored private key has an unknown format');
    if (keyId !== this.#keyId) {
      throw new Error('the stored private key was encrypted with another key: set the tls.storage_key of that time');
    }
    const [nonce, tag, encrypted] = parts.map((part) => Buffer.from(part, 'base64url'));
    try {
      const decipher = createDecipheriv(ALGORITHM, this.#key, nonce!).setAAD(Buffer.from(owner)).setAuthTag(tag!);
      return Buffer.concat([decipher.update(encrypted!), decipher.final()]).toString('utf8');
    } catch {
      throw new Error('the stored private key is damaged, or belongs to something else');
    }
  }
}
