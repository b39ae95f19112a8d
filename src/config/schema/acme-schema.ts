import { Type } from '@sinclair/typebox';

import { CHALLENGE_TYPES, type ChallengeType } from '../../acme/core/acme-vocabulary.ts';
import { flag, listOf, text } from './schema-kinds.ts';

/** An authority that issues certificates by ACME. What belongs together is checked in check-acme.ts. */
export const IssuerSchema = Type.Object(
  {
    directory: text('acme-directory', 'URL of its ACME directory.'),
    email: Type.Optional(text('email', 'Address of its account. Default: `tls.acme_email`.')),
    agree: flag(false, 'You agree to its terms of service; required.'),
    profile: Type.Optional(
      text('acme-profile', 'Kind of certificate to order, of those it offers, such as `shortlived`.'),
    ),
    preferred_chain: Type.Optional(
      text(
        'common-name',
        'If it offers several chains for a certificate, the one to a root of this common name is served, such as `ISRG Root X1`. Applies with the next order.',
      ),
    ),
    challenges: listOf(
      Type.Unsafe<ChallengeType>(
        Type.Union(
          CHALLENGE_TYPES.map((type) => Type.Literal(type)),
          { description: 'A challenge.' },
        ),
      ),
      ['tls-alpn-01', 'http-01'],
      'How it may validate names, best first; after a failure the next one is used. Wildcards need `dns-01`.',
    ),
    eab: Type.Optional(
      Type.Object(
        {
          kid: text('eab-kid', 'Key id.'),
          hmac: text('eab-hmac', 'HMAC key.', { secret: true }),
        },
        {
          additionalProperties: false,
          description: 'Binding to an account that you have with the authority, if it requires one.',
        },
      ),
    ),
    ca_file: Type.Optional(
      text(
        'file',
        'Roots to trust when connecting to it, in PEM, for an authority of your own. Default: those of Node.',
      ),
    ),
    fallback: Type.Optional(text('issuer-name', 'Another authority, used after three failures in a row.')),
    dns_hook: Type.Optional(
      text(
        'file',
        'Program for `dns-01`, called as `HOOK present NAME VALUE` and `HOOK cleanup NAME VALUE` to set and remove a TXT record. It must end with 0 once the record can be read.',
      ),
    ),
  },
  { additionalProperties: false, description: 'An authority that issues certificates by ACME (RFC 8555).' },
);
