/** Signs and verifies tokens for explanations of real requests, with a secret that all threads of this gateway have. */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { parseToken, TOKEN_SECONDS } from './core/explain-token.ts';

export class ExplainSigner {
  readonly #key: Buffer;

  /** @param secret of this process; other keys are derived from it, too */
  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'sluice explain', 32));
  }

  sign(nowS: number): { readonly token: string; readonly expiry: number } {
    const expiry = Math.floor(nowS) + TOKEN_SECONDS;
    return { token: `${expiry}.${this.#signature(expiry).toString('base64url')}`, expiry };
  }

  isValid(token: string, nowS: number): boolean {
    const parsed = parseToken(token);
    if (parsed === undefined || parsed.expiry <= nowS || parsed.expiry > nowS + TOKEN_SECONDS + 1) return false;
    const given = Buffer.from(parsed.signature, 'base64url');
    const expected = this.#signature(parsed.expiry);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #signature(expiry: number): Buffer {
    return createHmac('sha256', this.#key).update(String(expiry)).digest();
  }
}
