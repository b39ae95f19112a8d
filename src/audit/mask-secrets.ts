/** Removes secrets from data that is stored for others to read: by the name of the key, and passwords in URLs. */

/** Replaces a secret. */
const HIDDEN = '***';

/** `tokens` of a bucket and `has_api_key` are not secrets. */
const SECRET = /(^|[_-])(api[_-]?key|token|hash|secret|password|passwd|authorization|cookie)$/i;
const CREDENTIALS = /(?<=\/\/)[^/\s@]*@/g;
const SECRET_PARAMETER = /(?<=[?&](?:api_?key|(?:\w*_)?token|secret|password)=)[^&#\s]+/gi;

/** A copy. Booleans and null reveal nothing and stay. */
export function maskSecrets(value: unknown): unknown {
  if (typeof value === 'string') {
    // PostgreSQL's JSON has no NUL.
    return value.replaceAll(CREDENTIALS, `${HIDDEN}@`).replaceAll(SECRET_PARAMETER, HIDDEN).replaceAll('\0', '\uFFFD');
  }
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, isSecret(key, inner) ? HIDDEN : maskSecrets(inner)]),
  );
}

function isSecret(key: string, value: unknown): boolean {
  return SECRET.test(key) && value !== null && typeof value !== 'boolean';
}
