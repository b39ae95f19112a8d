import assert from 'node:assert/strict';
import type { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { describeCertificate, identityOf } from '../../../src/tls/client-certificate.ts';

const HASH = 'ab'.repeat(32);

/** As Node reports it. */
function certificate(subject: string, subjectAltName?: string): X509Certificate {
  const fingerprint256 = Array.from({ length: 32 }, () => 'AB').join(':');
  return { subject, subjectAltName, fingerprint256 } as X509Certificate;
}

for (const [names, by, id] of [
  [undefined, 'fingerprint', `cert:${HASH}`],
  ['DNS:a.test', 'fingerprint', `cert:${HASH}`],
  ['DNS:a.test, URI:spiffe://a/b', 'san', 'cert:spiffe://a/b'],
  ['email:a@b.test, DNS:a.test, DNS:b.test', 'san', 'cert:a.test'],
  ['email:a@b.test', 'san', 'cert:a@b.test'],
  ['URI:"spiffe://a, DNS:b.test"', 'san', `cert:${HASH}`],
  ['URI:"spiffe://a,b"', 'san', 'cert:spiffe://a,b'],
  [`DNS:${'x'.repeat(200)}`, 'san', `cert:${HASH}`],
  ['URI:"a\\x"', 'san', 'cert:"a\\x"'],
  ['IP Address:127.0.0.1', 'san', `cert:${HASH}`],
  [undefined, 'san', `cert:${HASH}`],
  ['DNS:a.test', 'none', undefined],
] as const) {
  test(`identity by ${by} of ${String(names)}`, () => {
    assert.equal(identityOf(certificate('CN=a', names), by), id);
  });
}

test('the description is one line of ASCII, whatever the certificate says', () => {
  const subject = 'C=DE\nO=B\u00fccher "& more"\nCN=a\\, b\rX: y';
  const described = describeCertificate(certificate(subject, 'URI:"http://a/\\"b;c", DNS:a.test, email:x@y'));
  assert.equal(
    described,
    `Hash=${HASH};Subject="CN=a\\\\, b%0DX: y,O=B%C3%BCcher \\"& more\\",C=DE";URI="http://a/\\"b;c";DNS=a.test`,
  );
  assert.match(described, /^[\x20-\x7e]*$/);
});
