/** From a failure of jose to what a caller may know about it (RFC 6750, 3.1). */
import { type ErrorCode, GatewayError } from '../../errors.ts';
import type { AuthFailure } from '../core/auth-vocabulary.ts';
import { COOL_DOWN_MS } from '../key-lookups.ts';
import type { Refused } from './verdict.ts';

const UNKNOWN_KEY = `The key of the token is not known. Keys are fetched again at most every ${COOL_DOWN_MS / 1000} seconds`;

/** What is wrong with a token, by the words for its sender: none of them helps to make a better forgery. */
const FAULTS = {
  malformed: ['invalid', 'The token is malformed'],
  unverified: ['invalid', 'The token is not valid'],
  unknownKey: ['invalid', UNKNOWN_KEY],
  expired: ['expired', 'The token has expired'],
  early: ['invalid', 'The token is not valid yet'],
  foreign: ['invalid', 'The token is not for this service'],
  incomplete: ['invalid', 'The token lacks a required claim'],
} as const satisfies Record<string, readonly [AuthFailure, string]>;
export type TokenFault = keyof typeof FAULTS;

export class TokenRefusals {
  readonly challenge: string;
  readonly scope: Refused;
  readonly noKeys: Refused;
  readonly #byFault: Readonly<Record<TokenFault, Refused>>;

  /** @param realm shown to callers @param scopes that the route demands */
  constructor(realm: string, scopes: readonly string[]) {
    this.challenge = `Bearer realm="${realm}"`;
    const refused = (failure: AuthFailure, code: ErrorCode, message: string, parameters: string): Refused => ({
      failure,
      error: new GatewayError(code, { message, challenges: [`${this.challenge}, ${parameters}`] }),
    });
    const entries = Object.entries(FAULTS).map(([fault, [failure, message]]) => [
      fault,
      refused(failure, 'GW_AUTH_INVALID', message, `error="invalid_token", error_description="${message}"`),
    ]);
    this.#byFault = Object.fromEntries(entries) as Record<TokenFault, Refused>;
    const wanted = scopes.join(' ');
    const message = `The token does not have the scope ${wanted}`;
    this.scope = refused('scope', 'GW_AUTH_SCOPE', message, `error="insufficient_scope", scope="${wanted}"`);
    this.noKeys = { failure: 'keys', error: new GatewayError('GW_AUTH_KEYS', { retryAfterMs: 1000 }) };
  }

  of(fault: TokenFault): Refused {
    return this.#byFault[fault];
  }
}

/** A total function: what is not known lets nobody pass. @param error thrown by jose */
export function tokenFaultOf(error: unknown): TokenFault {
  const { code, claim, reason } = error as { code?: string; claim?: string; reason?: string };
  if (code === 'ERR_JWT_EXPIRED') return 'expired';
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') {
    if (reason === 'missing') return claim === 'iss' || claim === 'aud' ? 'foreign' : 'incomplete';
    if (claim === 'iss' || claim === 'aud') return 'foreign';
    if (claim === 'nbf' || claim === 'iat') return 'early';
    return 'unverified';
  }
  return code === 'ERR_JWS_INVALID' || code === 'ERR_JWT_INVALID' ? 'malformed' : 'unverified';
}

const MAX_KEY_ID = 100;

/** `kid` of its header, shortened; null: none. @param token one whose header was read before */
export function keyIdOf(token: string): string | null {
  const header = Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString();
  const { kid } = JSON.parse(header) as { kid?: unknown };
  return typeof kid === 'string' ? kid.slice(0, MAX_KEY_ID) : null;
}
