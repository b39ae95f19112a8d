/** The endpoints of a Service, from its EndpointSlices, which one watch has for all pools of a namespace. */
import type { Source, SourcePorts } from '../../source.ts';
import { textAt } from '../json-value.ts';
import type { Cluster } from './cluster.ts';
import { type EndpointSlice, readSlice } from './endpoint-slice.ts';
import type { WatchedKind } from './kind-watch.ts';
import { type SliceChoice, sliceMembers } from './slice-members.ts';

export interface KubernetesDefinition extends SliceChoice {
  readonly service: string;
  /** Null: that of the gateway's pod, or of the kubeconfig. */
  readonly namespace: string | null;
}

/** By name of the Service. */
export const ENDPOINT_SLICES: WatchedKind<EndpointSlice> = {
  apiVersion: 'discovery.k8s.io/v1',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  missing: 'Kubernetes 1.21 has it',
  read: readSlice,
  groupOf: (object) => textAt(object, 'metadata', 'labels', 'kubernetes.io/service-name') ?? '',
};

export function createKubernetesSource(
  definition: KubernetesDefinition,
  cluster: Pick<Cluster, 'watch'>,
  { report, log }: Pick<SourcePorts, 'report' | 'log'>,
): Source {
  const { service, namespace } = definition;
  let hadSlices = true;
  let end = (): void => {};
  const onObjects = (slices: readonly EndpointSlice[]): void => {
    if (slices.length === 0 && hadSlices)
      log.warn({ service }, 'no EndpointSlices: does the service exist in this namespace?');
    hadSlices = slices.length > 0;
    report({ kind: 'list', ...sliceMembers(slices, definition) });
  };
  return {
    isStrong: true,
    start: () => {
      end = cluster
        .watch(ENDPOINT_SLICES, namespace)
        .listen(
          { namespace: namespace ?? '', group: service },
          { onObjects, onFailed: (reason) => report({ kind: 'failed', reason }) },
        );
    },
    stop: () => end(),
  };
}
