/** Verifies the signature and the claims of tokens, by jose: loaded when the first token comes. */
import type * as jose from 'jose';
import type { CryptoKey, FlattenedJWSInput, JWSHeaderParameters, JWTPayload, JWTVerifyOptions } from 'jose';
import { DEFAULT_PUBLIC_KEY_ALGORITHMS, DEFAULT_SECRET_ALGORITHMS } from '../core/auth-vocabulary.ts';
import type { SharedKeySet } from '../key-directory.ts';
import type { JwtSettings } from '../key-source.ts';

type Jose = typeof jose;
type KeyResolver = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

/** Claims; null: it needs a key that is not in the set. */
export type VerifiedClaims = JWTPayload | null;

/** Keys that fit a token without a key id: more are not tried. */
const MAX_TRIED = 4;

export class TokenVerifier {
  readonly #options: JWTVerifyOptions;
  readonly #secret: Uint8Array | null;
  #resolver: { readonly set: SharedKeySet; readonly resolve: KeyResolver } | null = null;

  constructor({ algorithms, issuer, audience, leewayMs, maxAgeMs, requiredClaims, secret }: JwtSettings) {
    const usual = secret === null ? DEFAULT_PUBLIC_KEY_ALGORITHMS : DEFAULT_SECRET_ALGORITHMS;
    this.#secret = secret === null ? null : Buffer.from(secret, 'utf8');
    this.#options = {
      algorithms: algorithms.length === 0 ? [...usual] : [...algorithms],
      clockTolerance: leewayMs / 1000,
      requiredClaims: [...requiredClaims],
      ...(issuer === null ? {} : { issuer }),
      ...(audience.length === 0 ? {} : { audience: [...audience] }),
      ...(maxAgeMs === null ? {} : { maxTokenAge: maxAgeMs / 1000 }),
    };
  }

  /**
   * Rejects with an error of jose: see tokenFaultOf.
   *
   * @param set of the source; undefined: tokens are signed with the secret @param wallMs milliseconds since the epoch
   */
  async verify(token: string, set: SharedKeySet | undefined, wallMs: number): Promise<VerifiedClaims> {
    const loaded = await import('jose');
    const options = { ...this.#options, currentDate: new Date(wallMs) };
    if (set === undefined) return (await loaded.jwtVerify(token, this.#secret!, options)).payload;
    try {
      return (await loaded.jwtVerify(token, this.#resolverOf(set, loaded), options)).payload;
    } catch (error) {
      if (error instanceof loaded.errors.JWKSNoMatchingKey) return null;
      if (error instanceof loaded.errors.JWKSMultipleMatchingKeys) return tryAll(loaded, token, error, options);
      throw error;
    }
  }

  /** It imports each key once. */
  #resolverOf(set: SharedKeySet, loaded: Jose): KeyResolver {
    if (this.#resolver?.set !== set) {
      this.#resolver = { set, resolve: loaded.createLocalJWKSet({ keys: [...set.keys] }) };
    }
    return this.#resolver.resolve;
  }
}

/** The token has no key id, and several keys are of its kind. */
async function tryAll(
  loaded: Jose,
  token: string,
  matching: AsyncIterable<CryptoKey>,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let tried = 0;
  for await (const key of matching) {
    try {
      return (await loaded.jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof loaded.errors.JWSSignatureVerificationFailed)) throw error;
      tried += 1;
      if (tried === MAX_TRIED) break;
    }
  }
  throw new loaded.errors.JWSSignatureVerificationFailed();
}
