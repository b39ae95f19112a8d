import { Type } from '@sinclair/typebox';

import { listOf, section, text } from '../schema-kinds.ts';
import { RegistryTlsSchema } from './registry-tls-schema.ts';

export const ConsulSchema = Type.Object(
  {
    service: text('consul-name', 'Name of a service: its instances that pass all checks are members.'),
    tags: listOf(text('consul-name', 'A tag.'), [], 'Tags that an instance must have, all of them.'),
    datacenter: Type.Optional(text('consul-name', 'Datacenter. Default: that of the agent.')),
    namespace: Type.Optional(text('consul-name', 'Namespace, in Consul Enterprise. Default: that of the token.')),
    partition: Type.Optional(text('consul-name', 'Admin partition, in Consul Enterprise. Default: that of the agent.')),
  },
  { additionalProperties: false, description: 'Members from the healthy instances of a Consul service.' },
);

export const ConsulProviderSchema = section(
  {
    url: text('registry-url', 'An agent or server.', { default: 'http://127.0.0.1:8500' }),
    token: Type.Optional(text('bearer-token', 'ACL token. Empty, the default: the anonymous token.', { secret: true })),
    tls: Type.Optional(RegistryTlsSchema),
  },
  'The Consul agent of all pools with `discover.consul`.',
);
