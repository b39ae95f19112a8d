/** Signatures of requests to an ACME server: JWS (RFC 7515) in its flattened form, with ES256 or HS256 (RFC 7518). */
import { createHash, createHmac, createPublicKey, type KeyObject, sign } from 'node:crypto';

/** An EC key on P-256, the members in the order of RFC 7638. */
interface Jwk {
  readonly crv: string;
  readonly kty: string;
  readonly x: string;
  readonly y: string;
}

export function base64url(data: string | Uint8Array): string {
  return Buffer.from(data).toString('base64url');
}

export function jwkOf(key: KeyObject): Jwk {
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' }) as unknown as Jwk;
  return { crv, kty, x, y };
}

/** RFC 7638. */
export function thumbprintOf(key: KeyObject): string {
  return createHash('sha256')
    .update(JSON.stringify(jwkOf(key)))
    .digest('base64url');
}

/** @param payload null: an empty one, for POST-as-GET */
export function signEs256(fields: object, payload: object | null, key: KeyObject): string {
  return flattened({ alg: 'ES256', ...fields }, payload, (input) =>
    sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }),
  );
}

/** Binds an account to one that the operator has with the authority (RFC 8555, 7.3.4). @param hmac base64url */
export function bindAccount(kid: string, hmac: string, url: string, accountKey: KeyObject): object {
  const signed = flattened({ alg: 'HS256', kid, url }, jwkOf(accountKey), (input) =>
    createHmac('sha256', Buffer.from(hmac, 'base64url')).update(input).digest(),
  );
  return JSON.parse(signed) as object;
}

function flattened(fields: object, payload: object | null, signer: (input: string) => Uint8Array): string {
  const head = base64url(JSON.stringify(fields));
  const body = payload === null ? '' : base64url(JSON.stringify(payload));
  return JSON.stringify({ protected: head, payload: body, signature: base64url(signer(`${head}.${body}`)) });
}
