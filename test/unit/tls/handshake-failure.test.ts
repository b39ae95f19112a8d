import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handshakeFailure } from '../../../src/tls/handshake-failure.ts';

for (const [code, text] of [
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'the client rejects the certificate: unknown_ca'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'the client rejects the certificate: bad_certificate'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', 'the client rejects the certificate: certificate_unknown'],
  ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', 'the client rejects the certificate: certificate_expired'],
  ['ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', 'the client rejects the certificate: unsupported_certificate'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'no common version of TLS'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'the handshake took too long'],
  ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'],
] as const) {
  test(`${code} is logged as: ${text}`, () => assert.equal(handshakeFailure(code), text));
}
