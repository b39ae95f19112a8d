/** Vocabulary of authentication: for the configuration, the access log and the metrics. */

/** What a caller can prove its identity with; of several in a request, the first here counts. */
export const AUTH_KINDS = ['api_key', 'jwt', 'basic', 'forward'] as const;
export type AuthKind = (typeof AUTH_KINDS)[number];

/**
 * Why a request was refused: it has no credentials, they are wrong, or they are no longer valid; it may not do this; the
 * keys to verify it are not known; the authorization service cannot be asked; too many wrong ones came before it.
 */
export const AUTH_FAILURES = ['missing', 'invalid', 'expired', 'scope', 'keys', 'service', 'attempts'] as const;
export type AuthFailure = (typeof AUTH_FAILURES)[number];

/** Signatures of tokens (RFC 7518, RFC 8037): with a public key, or with a secret that both sides have. Never `none`. */
export const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;
export const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;
export const DEFAULT_PUBLIC_KEY_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'] as const;
export const DEFAULT_SECRET_ALGORITHMS = ['HS256'] as const;

/** Where a request has its token. */
export const TOKEN_PLACES = ['header', 'cookie', 'query'] as const;

/** What an authorization service may decide by, besides header fields, the host and the scheme. */
export const DECISION_PARTS = ['method', 'uri', 'address'] as const;
