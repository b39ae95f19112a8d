import { Type } from '@sinclair/typebox';

import { duration, oneOf, text } from '../schema-kinds.ts';

export const DnsDiscoverSchema = Type.Object(
  {
    name: text(
      'dns-name',
      'Name to look up: a host for `type: address`, a service such as `_http._tcp.web.internal` for `type: srv`.',
    ),
    type: oneOf(
      ['address', 'srv'],
      'address',
      '`address`: each A and AAAA record is a member. `srv`: each SRV record is one, with its port and weight; those of the best priority get the traffic, all others are backups.',
    ),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description: 'Port of the members. Required for `type: address`, which has none.',
      }),
    ),
    family: Type.Unsafe<'any' | 4 | 6>(
      Type.Union([Type.Literal('any'), Type.Literal(4), Type.Literal(6)], {
        default: 'any',
        description: 'With `type: address`: the kind of addresses that become members.',
      }),
    ),
    refresh: duration(
      '10s',
      'With `type: srv`: time between lookups. Addresses are looked up again when their TTL has passed.',
    ),
  },
  { additionalProperties: false, description: 'Members from DNS. The servers are those of `dns.servers`.' },
);
