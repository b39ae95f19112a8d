/** What a verified certificate says about its client: for limits, and for backends. */
import type { X509Certificate } from 'node:crypto';
import type { ClientAuthSettings } from '../config/settings.ts';
import { MAX_CLIENT_ID } from '../identity/core/identity-vocabulary.ts';
import { CERTIFICATE_PREFIX } from '../identity/client-key.ts';

/** Names in the order in which they identify: a URI (SPIFFE), a DNS name, an e-mail address. */
const KINDS = ['URI', 'DNS', 'email'] as const;

/** A client id; undefined: it does not identify. A name that cannot be an id is replaced by the fingerprint. */
export function identityOf(certificate: X509Certificate, by: ClientAuthSettings['identity']): string | undefined {
  if (by === 'none') return undefined;
  const names = by === 'san' ? alternativeNames(certificate) : [];
  const named = KINDS.map((kind) => names.find(([of]) => of === kind)?.[1]).find((name) => name !== undefined);
  const id = CERTIFICATE_PREFIX + (named ?? fingerprint(certificate));
  const isId = id.length <= MAX_CLIENT_ID && /^[\x21-\x7e]+$/.test(id);
  return isId ? id : CERTIFICATE_PREFIX + fingerprint(certificate);
}

/** X-Forwarded-Client-Cert as Envoy writes it: `Hash=…;Subject="…";URI=…;DNS=…`. */
export function describeCertificate(certificate: X509Certificate): string {
  // The most specific part first, as in RFC 2253: Node has them the other way round, one a line.
  const subject = certificate.subject.split('\n').toReversed().join(',');
  const names = alternativeNames(certificate).filter(([kind]) => kind !== 'email');
  return [
    `Hash=${fingerprint(certificate)}`,
    `Subject=${quoted(subject)}`,
    ...names.map(([kind, name]) => `${kind}=${/[^\w.:/*-]/.test(name) ? quoted(name) : name}`),
  ].join(';');
}

/** SHA-256, 64 hexadecimal digits in lower case. */
function fingerprint({ fingerprint256 }: X509Certificate): string {
  return fingerprint256.replaceAll(':', '').toLowerCase();
}

/** Kind and name. Node quotes names with special characters as JSON strings. */
function alternativeNames({ subjectAltName = '' }: X509Certificate): readonly (readonly [string, string])[] {
  return [...subjectAltName.matchAll(/(?:^|, )([A-Za-z ]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))/g)].map(
    ([, kind, json, plain]) => [kind!, json === undefined ? plain! : unquoted(json)] as const,
  );
}

/** Whatever an authority has signed: a name that is no JSON is taken as it stands. */
function unquoted(json: string): string {
  try {
    return JSON.parse(json) as string;
  } catch {
    return json;
  }
}

/** In a field, characters beyond ASCII and controls are escaped. */
function quoted(text: string): string {
  const safe = text
    .replaceAll(/[\\"]/g, '\\$&')
    .replaceAll(/[^\x20-\x7e]/g, (character) => encodeURIComponent(character));
  return `"${safe}"`;
}
