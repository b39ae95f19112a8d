import { Type } from '@sinclair/typebox';

import { TLS_VERSIONS } from '../../net/core/net-vocabulary.ts';
import { ClientAuthSchema } from './client-auth-schema.ts';
import { IssuerSchema, OnDemandSchema } from './acme-schema.ts';
import { duration, flag, integer, oneOf, text, type DurationText } from './schema-kinds.ts';

/** Which keys belong together is checked in check-certificates.ts. */
export const CertificateSchema = Type.Object(
  {
    hosts: Type.Optional(
      Type.Array(text('certificate-host', 'A host name, `*.example.com` for one label, or an IP address.'), {
        minItems: 1,
        description:
          'Names it is served for. Default: all names in the certificate; required with `internal`, and with `acme` unless it is `on_demand`.',
      }),
    ),
    cert_file: Type.Optional(
      text('file', 'PEM file: the certificate, then its intermediates. Watched: a new one is served without a reload.'),
    ),
    key_file: Type.Optional(text('file', 'PEM file with the private key, without a passphrase. Watched, too.')),
    acme: Type.Optional(
      text(
        'issuer-name',
        'Ordered from this authority and renewed: `letsencrypt`, `letsencrypt-staging`, or one of `tls.acme`.',
      ),
    ),
    on_demand: Type.Optional(OnDemandSchema),
    internal: flag(
      false,
      'Issued by an authority of this gateway, for development. `sluice trust` prints its root; its key is in `database.data_dir`.',
    ),
  },
  { additionalProperties: false, description: 'A certificate: `cert_file` and `key_file`, `acme`, or `internal`.' },
);

/** TLS for clients; to backends: `pools.NAME.tls`. */
export const TlsSchema = Type.Object(
  {
    port: integer([0, 65_535], 8443, 'Port for TLS, on `server.host`; 0: any free one.'),
    redirect: Type.Unsafe<'off' | 301 | 308>(
      Type.Union([Type.Literal('off'), Type.Literal(301), Type.Literal(308)], {
        default: 308,
        description: 'Status with which the plain port redirects to https, for hosts that have a certificate.',
      }),
    ),
    redirect_port: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1, maximum: 65_535 })], {
      default: 'auto',
      description:
        'Port in the `Location` of a redirect; 443 is left out. `auto`: 443, or `port` if the client names the plain port as it is here, so that nothing maps ports.',
    }),
    hsts: Type.Unsafe<DurationText>(
      text(
        'max-age',
        '`max-age` of `Strict-Transport-Security` in answers over TLS that have none of their own; `0s`: the field is not sent.',
        {
          default: '0s',
        },
      ),
    ),
    min_version: oneOf(TLS_VERSIONS, 'TLSv1.2', 'Lowest version of TLS.'),
    unknown_name: oneOf(
      ['reject', 'default'],
      'reject',
      'For a client that asks for a host without certificate, or for none: refuse the handshake, or serve the first certificate.',
    ),
    handshake_timeout: duration('10s', 'Time limit for the TLS handshake.'),
    ticket_rotation: duration(
      '12h',
      'Session tickets get new keys in this interval; a client with an older ticket makes a full handshake.',
    ),
    client_auth: Type.Array(ClientAuthSchema, {
      default: [],
      description: 'Certificates of clients (mutual TLS), by host. Other hosts ask for none.',
    }),
    acme_email: Type.Optional(
      text(
        'email',
        "Address for accounts with authorities. `letsencrypt` needs it: with it you agree to the terms of service of Let's Encrypt.",
      ),
    ),
    acme: Type.Optional(
      Type.Record(Type.String(), IssuerSchema, {
        description: 'Further authorities, by name; one named `letsencrypt` replaces the known one.',
      }),
    ),
    storage_key: Type.Optional(
      text(
        'storage-key',
        'Encrypts the private keys of `acme` in the database; required with PostgreSQL. Default: a key in `acme-storage.key` in `database.data_dir`.',
        { secret: true },
      ),
    ),
    certificates: Type.Array(CertificateSchema, {
      minItems: 1,
      description: 'The first one is the default for `unknown_name: default`.',
    }),
  },
  { additionalProperties: false, description: 'TLS on a port of its own; without this section there is none.' },
);
