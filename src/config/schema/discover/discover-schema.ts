import { Type, type TSchema } from '@sinclair/typebox';

import { ConsulSchema } from './consul-schema.ts';
import { EtcdSchema } from './etcd-schema.ts';
import { KubernetesSchema } from './kubernetes-schema.ts';
import { durationOrZero, oneOf, ratio, text } from '../schema-kinds.ts';
import { DnsDiscoverSchema } from './dns-schema.ts';
import { DockerDiscoverSchema } from './docker-schema.ts';
import { HttpDiscoverSchema } from './http-schema.ts';
import { FileSchema } from './file-schema.ts';
import { PushSchema } from './push-schema.ts';

/** Kinds of source, one a line: a pool has exactly one of them. */
const KINDS = {
  file: Type.Optional(FileSchema),
  kubernetes: Type.Optional(KubernetesSchema),
  etcd: Type.Optional(EtcdSchema),
  consul: Type.Optional(ConsulSchema),
  dns: Type.Optional(DnsDiscoverSchema),
  http: Type.Optional(HttpDiscoverSchema),
  docker: Type.Optional(DockerDiscoverSchema),
  push: Type.Optional(PushSchema),
} satisfies Record<string, TSchema>;

export type DiscoverKind = keyof typeof KINDS;
export const DISCOVER_KINDS = Object.keys(KINDS) as readonly DiscoverKind[];

/** That there is exactly one kind is checked in check-discover.ts. */
export const DiscoverSchema = Type.Object(
  {
    ...KINDS,
    scheme: oneOf(['http', 'https'], 'http', 'Scheme of the URLs that members get.'),
    region: Type.Optional(
      text(
        'zone-name',
        'Region of members whose source states none. Default: that of the gateway for members with a zone, unknown for others.',
      ),
    ),
    hold: durationOrZero(
      '30s',
      'A member that a source which may be wrong no longer lists stays this long while its health checks succeed; `0s`: it leaves at once.',
    ),
    shrink_limit: ratio(
      0.5,
      'If such a source suddenly lists fewer members by more than this share, or none, the missing ones stay for as long as their health checks succeed.',
    ),
  },
  {
    additionalProperties: false,
    description: 'Where the members of the pool come from, besides `backends`: docs/discovery.md.',
    // For editors.
    oneOf: Object.keys(KINDS).map((kind) => ({ type: 'object', required: [kind], properties: { [kind]: {} } })),
  },
);
