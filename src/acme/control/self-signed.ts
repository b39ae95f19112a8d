/** Certificates that are not from an authority: they answer tls-alpn-01 (RFC 8737), or stand in for one that is on its way. */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { octetString } from '../../certificates/core/der.ts';
import { extension, issueCertificate } from '../../certificates/issue-certificate.ts';
import { parseAddress } from '../../net/ip-address.ts';
import type { ChallengeCertificate } from '../challenge.ts';

const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';
const DAY_MS = 86_400_000;

/** RFC 8737, 3. */
export function challengeCertificate(host: string, keyAuthorization: string, nowMs: number): ChallengeCertificate {
  const digest = createHash('sha256').update(keyAuthorization).digest();
  return selfSigned([host], nowMs, [extension(ACME_IDENTIFIER, octetString(digest), 'critical')]);
}

/** Served while there is no other. */
export function selfSigned(
  hosts: readonly string[],
  nowMs: number,
  extensions: readonly Uint8Array[] = [],
): ChallengeCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = hosts[0]!.slice(0, 64);
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const dates = { notBeforeMs: nowMs - DAY_MS, notAfterMs: nowMs + 30 * DAY_MS };
  const certPem = issueCertificate(
    { subject: name, issuer: name, publicKey, serial, ...dates, hosts, extensions },
    privateKey,
  );
  return { certPem, keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** The name that an authority asks for: an address has one in the reverse DNS (RFC 8738, 6). */
export function challengeName(host: string): string {
  const address = parseAddress(host);
  if (address === undefined) return host;
  const bytes = address.words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
  if (bytes.length === 4) return `${bytes.toReversed().join('.')}.in-addr.arpa`;
  const digits = bytes.flatMap((byte) => [byte >>> 4, byte & 15]).map((digit) => digit.toString(16));
  return `${digits.toReversed().join('.')}.ip6.arpa`;
}
