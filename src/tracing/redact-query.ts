/**
 * Queries as spans may show them. The names that OpenTelemetry hides by default, and all that recordings hide: parameters whose
 * names look secret, and those of `recording.mask`.
 * Source: https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/
 */
import type { SecretNames } from '../recording/core/secret-names.ts';

/** Signed URLs of clouds. */
const SIGNED: ReadonlySet<string> = new Set(['awsaccesskeyid', 'signature', 'sig', 'x-goog-signature']);
const REDACTED = 'REDACTED';

/** @param query without its question mark */
export function redactedQuery(query: string, secrets: SecretNames): string {
  return query
    .split('&')
    .map((part) => {
      const at = part.indexOf('=');
      return at === -1 || !isSecret(part.slice(0, at), secrets) ? part : `${part.slice(0, at)}=${REDACTED}`;
    })
    .join('&');
}

function isSecret(name: string, secrets: SecretNames): boolean {
  const known = decoded(name);
  return SIGNED.has(known.toLowerCase()) || secrets.has(known);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
