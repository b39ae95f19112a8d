/** Versions and ciphers that clients may use: Mozilla's "intermediate" configuration (RFC 9325). */
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import type { TlsVersion } from '../net/core/net-vocabulary.ts';

/** Forward secrecy and authenticated encryption only; those of TLS 1.3 have nothing else. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

export function tlsPolicy(minVersion: TlsVersion): SecureContextOptions {
  return {
    minVersion,
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS.join(':'),
    honorCipherOrder: true,
    secureOptions:
      // Clients without hardware for AES put ChaCha20 first: they get it.
      constants.SSL_OP_PRIORITIZE_CHACHA |
      // Of TLS 1.2: costs the server a handshake each time, and has no use here.
      constants.SSL_OP_NO_RENEGOTIATION,
  };
}
