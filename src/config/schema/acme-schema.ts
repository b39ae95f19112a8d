import { Type } from '@sinclair/typebox';

import { CHALLENGE_TYPES, type ChallengeType } from '../../acme/core/acme-vocabulary.ts';
import { duration, flag, integer, listOf, text } from './schema-kinds.ts';

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

/** Certificates that are ordered when a client asks for a name. What belongs together is checked in check-acme.ts. */
export const OnDemandSchema = Type.Object(
  {
    ask: text(
      'ask-url',
      'URL of your service, asked as `GET ASK?domain=NAME` before a certificate is ordered or renewed: only an answer of 2xx allows it. Required: without it, anyone could have certificates ordered for any name.',
    ),
    ask_timeout: duration('2s', 'Time limit for its answer; after that, the answer is no.'),
    ask_cache: duration('1m', 'How long an answer is reused, whether yes or no.'),
    asks_per_second: integer([1, 1000], 10, 'Names it is asked about per second, at most; others are refused.'),
    wait: duration(
      '30s',
      'How long the handshakes for a name wait for its certificate; they are refused then, and the order continues.',
    ),
    max_pending: integer([1, 1000], 50, 'Names that are asked about or ordered at a time; others are refused.'),
    orders_per_hour: integer(
      [1, 100_000],
      100,
      'Orders for new names per hour, of all gateways; other names are refused. Authorities have limits of their own.',
    ),
    max_certificates: integer([1, 10_000], 1000, 'Names with a certificate, at most; further names are refused.'),
    keep_unused_days: integer(
      [1, 365],
      30,
      'A certificate that no client has asked for in so many days is not renewed, and removed once it has expired.',
    ),
  },
  {
    additionalProperties: false,
    description:
      'Ordered when a client asks for a name, one certificate for each. `hosts` limits the names to these patterns; without it, all names with a dot are asked about.',
  },
);
