import type { TSchema } from '@sinclair/typebox';

import { ConsulProviderSchema } from './consul-schema.ts';
import { EtcdProviderSchema } from './etcd-schema.ts';
import { KubernetesProviderSchema } from './kubernetes-schema.ts';
import { DockerProviderSchema } from './docker-schema.ts';
import { duration, durationOrZero, flag, section } from '../schema-kinds.ts';

/** Sections of what several pools share, one a line. */
const PROVIDERS = {
  docker: DockerProviderSchema,
  kubernetes: KubernetesProviderSchema,
  etcd: EtcdProviderSchema,
  consul: ConsulProviderSchema,
} satisfies Record<string, TSchema>;

export const DiscoverySchema = section(
  {
    ...PROVIDERS,
    debounce: duration(
      '500ms',
      'Changes of members apply this long after the last one, at the latest after four times as long; also the shortest time between two changes.',
    ),
    start_timeout: durationOrZero(
      '10s',
      'At start: `/readyz` reports 503 for at most this long while a pool waits for its first members.',
    ),
    cache: flag(
      true,
      'Keep the last list of each source in the database. At a start it is used at once, but a member gets requests only when the source lists it or a health check of it succeeds.',
    ),
  },
  'Members of pools that are found at run time: docs/discovery.md.',
);
