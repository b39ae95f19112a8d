/** An issuer of JSON Web Tokens with real keys. */
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export interface TokenIssuer {
  /** Public, as a JSON Web Key Set has it. */
  readonly jwk: JWK;
  /** Private, as a mistaken server might publish it. */
  readonly privateJwk: JWK;
  /** A token for `api` that expires in a minute, unless the claims say otherwise: undefined removes a claim. */
  token(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
}

export const ISSUER = 'https://id.test';

export async function createIssuer(alg = 'ES256', kid = 'k1'): Promise<TokenIssuer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return {
    jwk,
    privateJwk: { ...(await exportJWK(privateKey)), kid },
    token: (claims = {}, header = {}) => {
      const nowS = Math.floor(Date.now() / 1000);
      const usual = { iss: ISSUER, aud: 'api', sub: 'alice', iat: nowS, exp: nowS + 60 };
      return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
    },
  };
}
