/** Bodies and answers of /v1/api/pools/{name}/members. */
import { Type, type Static } from '@sinclair/typebox';
import { isoTimeOrNull, nullable, timestamp } from '../../api/json-types.ts';
import { MAX_POOL_NAME } from '../../balancing/core/pool-name-rule.ts';
import { WEIGHT } from '../../backends/core/backends-vocabulary.ts';
import { MAX_BACKENDS } from '../../runtime/table-sizes.ts';
import type { PushedReport } from '../discovery-report.ts';

const NewMemberBody = Type.Object(
  {
    url: Type.Optional(
      Type.String({ maxLength: 2048, description: 'Scheme, host and port; or `address` and `port` instead' }),
    ),
    address: Type.Optional(Type.String({ maxLength: 255, description: 'An IP address, or a host name' })),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    weight: Type.Optional(Type.Integer({ ...WEIGHT, default: 1 })),
    backup: Type.Optional(Type.Boolean({ default: false })),
    draining: Type.Optional(
      Type.Boolean({ default: false, description: 'It finishes its requests and gets no new ones' }),
    ),
    enabled: Type.Optional(Type.Boolean({ default: true, description: 'False: left out' })),
    region: Type.Optional(
      nullable(
        Type.String({ maxLength: 128, description: 'Default: that of the pool, or of the gateway if a zone is given' }),
      ),
    ),
    zone: Type.Optional(nullable(Type.String({ maxLength: 128 }))),
    uid: Type.Optional(
      nullable(
        Type.String({
          maxLength: 128,
          description: 'Identity of the process: with another one, health and circuit start anew',
        }),
      ),
    ),
  },
  { additionalProperties: false },
);

export const PushedMembersBody = Type.Object(
  {
    members: Type.Array(NewMemberBody, {
      maxItems: MAX_BACKENDS,
      description: 'All of them; empty: the pool has none',
    }),
    ttl: Type.Optional(
      nullable(
        Type.String({
          description:
            'The list is no longer vouched for after this time, 1s to 24h: the members stay, and discovery of the pool fails',
          examples: ['30s'],
        }),
      ),
    ),
  },
  {
    additionalProperties: false,
    examples: [
      {
        members: [
          { url: 'http://10.0.0.7:8080', weight: 2 },
          { address: '10.0.0.8', port: 8080, uid: 'alloc-5f1c' },
        ],
        ttl: '30s',
      },
    ],
  },
);

export const PoolPath = Type.Object({
  name: Type.String({ minLength: 1, maxLength: MAX_POOL_NAME, description: 'Of the pool', examples: ['web'] }),
});

export const PushedMembersView = Type.Object(
  {
    pool: Type.String(),
    members: Type.Array(
      Type.Object({
        address: Type.String(),
        port: Type.Integer(),
        weight: Type.Integer(),
        backup: Type.Boolean(),
        draining: Type.Boolean(),
        region: nullable(Type.String()),
        zone: nullable(Type.String()),
        uid: nullable(Type.String()),
      }),
    ),
    version: Type.Integer({
      description: 'Incremented with every list; 0: none was pushed. The ETag is derived from it',
    }),
    expires_at: nullable(timestamp({ description: 'null: it does not expire' })),
    expired: Type.Boolean({ description: 'The members stay, and discovery of the pool fails' }),
  },
  { $id: 'PushedMembers', title: 'Members that were pushed to a pool' },
);

export function pushedMembersView(report: PushedReport): Static<typeof PushedMembersView> {
  const { pool, members, version, expiresAt, isExpired } = report;
  const shown = members.map(({ address, port, weight, backup, draining, region, zone, uid }) => ({
    address,
    port,
    weight,
    backup,
    draining,
    region,
    zone,
    uid,
  }));
  return { pool, members: shown, version, expires_at: isoTimeOrNull(expiresAt), expired: isExpired };
}
