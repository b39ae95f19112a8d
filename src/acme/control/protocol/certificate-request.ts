/** Certificate requests (PKCS #10, RFC 2986) for the names of servers, signed with an EC key on P-256. */
import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { bitString, explicit, integer, objectIdentifier, sequence, setOf } from '../../../certificates/core/der.ts';
import { ECDSA_WITH_SHA256, subjectAltName } from '../../../certificates/issue-certificate.ts';

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

/** @returns DER. @param hosts canonical, at least one */
export function certificateRequest(hosts: readonly string[], key: KeyObject): Uint8Array {
  const attribute = sequence(objectIdentifier(EXTENSION_REQUEST), setOf(sequence(subjectAltName(hosts))));
  const content = sequence(
    integer(Uint8Array.of(0)),
    // No subject: authorities ignore it, and a common name may not be as long as a host.
    sequence(),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    explicit(0, attribute),
  );
  return sequence(content, ECDSA_WITH_SHA256, bitString(sign('sha256', content, key)));
}
