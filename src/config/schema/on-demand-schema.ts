import { Type } from '@sinclair/typebox';

import { duration, integer, text } from './schema-kinds.ts';

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
