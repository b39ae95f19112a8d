/** Vocabulary of authentication: for the configuration, the access log and the metrics. */

/** What a caller can prove its identity with; of several in a request, the first here counts. */
export const AUTH_KINDS = ['api_key', 'basic'] as const;
export type AuthKind = (typeof AUTH_KINDS)[number];

/**
 * Why a request was refused: it has no credentials, they are wrong, or they are no longer valid; it may not do this; the
 * keys to verify it are not known; the authorization service cannot be asked; too many wrong ones came before it.
 */
export const AUTH_FAILURES = ['missing', 'invalid', 'expired', 'scope', 'keys', 'service', 'attempts'] as const;
export type AuthFailure = (typeof AUTH_FAILURES)[number];
