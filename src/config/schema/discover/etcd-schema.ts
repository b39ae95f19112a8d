import { Type } from '@sinclair/typebox';

import { listOf, section, text } from '../schema-kinds.ts';
import { RegistryTlsSchema } from './registry-tls-schema.ts';

export const EtcdSchema = Type.Object(
  {
    prefix: text(
      'etcd-prefix',
      'Beginning of the keys: each is one member, written in JSON like an entry of `backends`.',
    ),
  },
  { additionalProperties: false, description: 'Members from keys of etcd.' },
);

export const EtcdProviderSchema = section(
  {
    urls: listOf(
      text('registry-url', 'A server.'),
      [],
      'Servers of one etcd cluster, version 3.4 or later. The next one is asked when one fails.',
    ),
    user: Type.Optional(text('registry-user', 'User. Requires `password`. Default: none.')),
    password: Type.Optional(text('registry-password', 'Password of the user.', { secret: true })),
    tls: Type.Optional(RegistryTlsSchema),
  },
  'The etcd cluster of all pools with `discover.etcd`.',
);
