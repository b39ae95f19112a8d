/** Authorities and lists for which verification would refuse all clients are reported before it does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { integer, objectIdentifier, sequence, setOf, time, utf8String } from '../../../../src/certificates/core/der.ts';
import { clientAuthWarnings } from '../../../../src/config/check/warn-client-auth.ts';
import type { ClientAuthSettings } from '../../../../src/config/settings.ts';
import { authority } from '../../../support/issued.ts';

const NOW = Date.now();
const LATER = NOW + 86_400_000;
const root = authority('Clients');
const below = root.intermediate('Clients 2');

/** @param issuer in any case @param count of certificates in it */
function list(issuer: string, nextUpdate: number | null, count = 0): string {
  const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
  const name = sequence(setOf(sequence(objectIdentifier('2.5.4.3'), utf8String(issuer))));
  const at = (ms: number): Uint8Array => time(new Date(ms).toISOString());
  const revoked = Array.from({ length: count }, (_, serial) =>
    sequence(integer(Uint8Array.of(1, serial >> 8, serial & 255)), at(NOW)),
  );
  const until = nextUpdate === null ? [] : [at(nextUpdate)];
  const entries = count === 0 ? [] : [sequence(...revoked)];
  const content = sequence(integer(Uint8Array.of(1)), algorithm, name, at(NOW - 1000), ...until, ...entries);
  const base64 = Buffer.from(sequence(content, algorithm)).toString('base64');
  return `-----BEGIN X509 CRL-----\n${base64}\n-----END X509 CRL-----\n`;
}

function warnings(caPem: string, crlPem: string | null = null, nowMs = NOW): readonly string[] {
  const policy = { caPem, crlPem } as ClientAuthSettings;
  return clientAuthWarnings([policy], nowMs).map(({ key, message }) => `${key}: ${message}`);
}

test('an authority without its issuer, and one that has expired', () => {
  assert.deepEqual(warnings(root.cert), []);
  assert.deepEqual(warnings(below.cert + root.cert), []);
  assert.deepEqual(warnings(below.cert), [
    'tls.client_auth.0.ca_file: contains no certificate of CN=Clients, the issuer of CN=Clients 2: clients with certificates of the latter are refused',
  ]);
  assert.match(
    warnings(root.cert, null, NOW + 40 * 86_400_000)[0]!,
    /^tls\.client_auth\.0\.ca_file: CN=Clients expired at/,
  );
});

test('a list that has expired, or is missing', () => {
  assert.deepEqual(warnings(root.cert, list('Clients', LATER)), []);
  assert.deepEqual(warnings(root.cert, list(' CLIENTS', null)), []);
  assert.deepEqual(warnings(root.cert, list('Clients', LATER, 10_000)), []);
  assert.deepEqual(warnings(root.cert, list('Clients', NOW - 5000) + list('Clients', LATER)), []);
  assert.match(
    warnings(root.cert, list('Clients', NOW - 5000, 10_000))[0]!,
    /^tls\.client_auth\.0\.crl_file: the list of CN=Clients expired at .*, so all its certificates are refused; this machine's clock says /,
  );
  assert.deepEqual(warnings(root.cert + below.cert, list('Clients', LATER)), [
    'tls.client_auth.0.crl_file: contains no list of CN=Clients 2: all its certificates are refused',
  ]);
});
