import { Type } from '@sinclair/typebox';

import { MAX_DB } from '../../net/core/net-vocabulary.ts';
import { duration, integer, text } from './schema-kinds.ts';

const password = (description: string) => Type.Optional(text('redis-password', description, { secret: true }));

/** Which keys belong together is checked in check-redis.ts. */
export const RedisTlsSchema = Type.Object(
  {
    ca_file: Type.Optional(text('file', 'Trusted authorities, in PEM. Default: those that Node trusts.')),
    cert_file: Type.Optional(text('file', 'Client certificate, in PEM. Requires `key_file`.')),
    key_file: Type.Optional(text('file', 'Private key of the client certificate, in PEM, without a passphrase.')),
    server_name: Type.Optional(
      text(
        'server-name',
        'Name that certificates must be valid for, sent as SNI. Default: the host; needed where Sentinel or Cluster announce addresses.',
      ),
    ),
  },
  {
    additionalProperties: false,
    description:
      'TLS to Redis, and to the Sentinels. With `nodes` or `sentinel`, this mapping turns it on, even if empty.',
  },
);

const SentinelSchema = Type.Object(
  {
    name: text('sentinel-name', 'Name of the master.'),
    nodes: Type.Array(text('redis-node', 'A Sentinel.'), {
      minItems: 1,
      description: 'Sentinels, as `host:port`; the default port is 26379. The first that knows the master is believed.',
    }),
    username: Type.Optional(text('redis-username', 'ACL user at the Sentinels. Default: `default`.')),
    password: password('Password at the Sentinels. Default: none.'),
  },
  { additionalProperties: false, description: 'Servers that Redis Sentinel watches: the current master is used.' },
);

export const RedisSchema = Type.Object(
  {
    url: Type.Optional(
      text(
        'redis-url',
        'One server. `redis://`, `rediss://` with TLS, or `unix:///run/redis.sock?db=0`. Empty: no Redis.',
        { secret: true },
      ),
    ),
    nodes: Type.Optional(
      Type.Array(text('redis-node', 'A node.'), {
        minItems: 1,
        description: 'Some nodes of a Redis Cluster, as `host:port`; the others are found.',
      }),
    ),
    sentinel: Type.Optional(SentinelSchema),
    prefix: text('redis-prefix', 'All keys begin with it and a colon. One for each fleet that shares a server.', {
      default: 'sluice',
    }),
    username: Type.Optional(text('redis-username', 'ACL user, if the URL names none. Default: `default`.')),
    password: password('Password, if the URL has none.'),
    db: integer([0, MAX_DB], 0, 'Database with `sentinel`. A URL has its own, and a Cluster has only 0.'),
    tls: Type.Optional(RedisTlsSchema),
    connect_timeout: duration('1s', 'Time limit for a connection to be ready, including TLS and authentication.'),
  },
  {
    additionalProperties: false,
    description:
      'Redis 5 or later, or Valkey: one of `url`, `nodes` (Cluster) and `sentinel`. docs/redis.md. Changes need a restart.',
  },
);
