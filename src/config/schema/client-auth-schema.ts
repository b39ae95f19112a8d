import { Type } from '@sinclair/typebox';

import { flag, oneOf, text } from './schema-kinds.ts';

/** Certificates of clients (mutual TLS). */
export const ClientAuthSchema = Type.Object(
  {
    hosts: Type.Array(text('certificate-host', 'A host name, `*.example.com` for one label, or an IP address.'), {
      minItems: 1,
      description: 'Hosts that ask their clients for a certificate.',
    }),
    mode: oneOf(
      ['require', 'optional'],
      'require',
      '`require`: requests without a valid certificate are answered 403; `optional`: they pass without its identity.',
    ),
    ca_file: text('file', 'PEM file with the authorities that issue the certificates. Watched.'),
    crl_file: Type.Optional(
      text('file', 'PEM file with the lists of revoked certificates, one of each authority. Watched.'),
    ),
    identity: oneOf(
      ['fingerprint', 'san', 'none'],
      'fingerprint',
      'What identifies the client: `cert:` and the SHA-256 fingerprint of its certificate, or its first URI, DNS name or e-mail address; `none`: nothing.',
    ),
    forward: flag(
      false,
      'Describe the certificate to the backend in `X-Forwarded-Client-Cert`; what the client sent there is dropped.',
    ),
  },
  { additionalProperties: false, description: 'Client certificates of some hosts.' },
);
