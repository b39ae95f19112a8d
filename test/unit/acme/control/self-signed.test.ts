import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { challengeCertificate, challengeName } from '../../../../src/acme/control/self-signed.ts';

test('the certificate of a challenge has the name and a digest of the answer (RFC 8737, 3)', () => {
  const { certPem, keyPem } = challengeCertificate('a.example.com', 'token.thumbprint', Date.now());
  const certificate = new X509Certificate(certPem);
  assert.equal(certificate.subjectAltName, 'DNS:a.example.com');
  // Critical, and an octet string in one.
  const digest = createHash('sha256').update('token.thumbprint').digest('hex');
  assert.ok(certificate.raw.includes(Buffer.from(`06082b0601050507011f0101ff04220420${digest}`, 'hex')));
  assert.match(keyPem, /^-----BEGIN PRIVATE KEY-----/);
});

test('an address is asked for by its name in the reverse DNS (RFC 8738, 6)', () => {
  assert.equal(challengeName('a.example.com'), 'a.example.com');
  assert.equal(challengeName('192.0.2.1'), '1.2.0.192.in-addr.arpa');
  assert.equal(
    challengeName('2001:db8::7'),
    '7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
  );
});
