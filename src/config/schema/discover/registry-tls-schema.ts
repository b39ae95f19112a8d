import { Type, type Static } from '@sinclair/typebox';

import { text } from '../schema-kinds.ts';

/** Which keys belong together is checked in check-registries.ts. */
export const RegistryTlsSchema = Type.Object(
  {
    ca_file: Type.Optional(text('file', 'Trusted authorities, in PEM. Default: those that Node trusts.')),
    cert_file: Type.Optional(text('file', 'Client certificate, in PEM. Requires `key_file`.')),
    key_file: Type.Optional(text('file', 'Private key of the client certificate, in PEM, without a passphrase.')),
    server_name: Type.Optional(
      text('server-name', 'Name that certificates must be valid for, sent as SNI. Default: the host.'),
    ),
  },
  {
    additionalProperties: false,
    description: 'TLS for `https` URLs. The files are read again for each connection.',
  },
);

export type RegistryTlsFile = Static<typeof RegistryTlsSchema>;
