/** Issues X.509 certificates (RFC 5280), signed with an EC key on P-256. Node reads certificates, but makes none. */
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';

import { parseAddress } from '../net/ip-address.ts';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  time,
  utf8String,
} from './core/der.ts';

export interface CertificateTemplate {
  /** Common names. */
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  /** At most 20 bytes, not all zero. */
  readonly serial: Uint8Array;
  /** Milliseconds since the epoch; seconds are significant. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Canonical names of servers; null: of an authority that issues certificates to servers only, not to authorities. */
  readonly hosts: readonly string[] | null;
  /** Added to those that follow from the above. */
  readonly extensions?: readonly Uint8Array[];
}

export const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

/** @returns PEM */
export function issueCertificate(template: CertificateTemplate, issuerKey: KeyObject): string {
  const { subject, issuer, publicKey, serial, notBeforeMs, notAfterMs } = template;
  const content = sequence(
    // Version 3.
    explicit(0, integer(Uint8Array.of(2))),
    integer(serial),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    sequence(...[notBeforeMs, notAfterMs].map((ms) => time(new Date(ms).toISOString()))),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensionsOf(template, createPublicKey(issuerKey)))),
  );
  const signature = sign('sha256', content, issuerKey);
  return toPem(sequence(content, ECDSA_WITH_SHA256, bitString(signature)));
}

/** RFC 5280, 4.2.1, by their numbers in id-ce. */
const EXTENSION = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

function extensionsOf(
  { hosts, publicKey, extensions = [] }: CertificateTemplate,
  issuerKey: KeyObject,
): readonly Uint8Array[] {
  const keyIds = [
    extension(EXTENSION.subjectKeyId, octetString(keyIdOf(publicKey))),
    extension(EXTENSION.authorityKeyId, sequence(implicit(0, keyIdOf(issuerKey)))),
  ];
  if (hosts === null) {
    return [
      // An authority, with no other below it.
      extension(EXTENSION.basicConstraints, sequence(boolean(true), integer(Uint8Array.of(0))), 'critical'),
      // keyCertSign and cRLSign.
      extension(EXTENSION.keyUsage, bitString(Uint8Array.of(0b0000_0110), 1), 'critical'),
      ...keyIds,
      ...extensions,
    ];
  }
  return [
    extension(EXTENSION.basicConstraints, sequence(), 'critical'),
    // digitalSignature
    extension(EXTENSION.keyUsage, bitString(Uint8Array.of(0b1000_0000), 7), 'critical'),
    extension(EXTENSION.extendedKeyUsage, sequence(objectIdentifier(SERVER_AUTH))),
    ...(hosts.length === 0 ? [] : [subjectAltName(hosts)]),
    ...keyIds,
    ...extensions,
  ];
}

/** An extension. @param hosts canonical */
export function subjectAltName(hosts: readonly string[]): Uint8Array {
  return extension(EXTENSION.subjectAltName, sequence(...hosts.map(altName)));
}

export function extension(id: string, value: Uint8Array, isCritical?: 'critical'): Uint8Array {
  const critical = isCritical === undefined ? [] : [boolean(true)];
  return sequence(objectIdentifier(id), ...critical, octetString(value));
}

/** One attribute, the common name. */
function nameOf(commonName: string): Uint8Array {
  return sequence(setOf(sequence(objectIdentifier('2.5.4.3'), utf8String(commonName))));
}

function altName(host: string): Uint8Array {
  const address = parseAddress(host);
  if (address === undefined) return implicit(2, Buffer.from(host, 'latin1'));
  const bytes = address.words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
  return implicit(7, Uint8Array.from(bytes));
}

/** Any hash will do, as long as it identifies the key (RFC 5280, 4.2.1.2). */
function keyIdOf(key: KeyObject): Uint8Array {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);
}

function toPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
