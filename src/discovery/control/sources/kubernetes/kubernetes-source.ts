/**
 * The endpoints of a Service, from its EndpointSlices: a list, then a watch of what changes, then a list again after at
 * most four minutes. The API server is Kubernetes 1.21 or later.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import { clusterAddress } from '../../../../config/file/cluster-address.ts';
import type { Source } from '../../source.ts';
import { fieldOf, listAt, parseJson, textAt } from '../json-value.ts';
import { callRegistry, openRegistry, type RegistryCall } from '../registry-http.ts';
import { refusal, RegistryError, type RegistryPorts, repeatRounds, shortened } from '../registry-rounds.ts';
import {
  ACCOUNT_FOLDER,
  type ClusterAccess,
  ClusterLogin,
  type KubernetesProvider,
  type PodAccess,
} from './cluster-access.ts';
import { type EndpointSlice, readSlice } from './endpoint-slice.ts';
import { type SliceChoice, sliceMembers } from './slice-members.ts';

export interface KubernetesDefinition extends SliceChoice {
  readonly service: string;
  /** Null: that of the gateway's pod, or of the kubeconfig. */
  readonly namespace: string | null;
}

/** Of a watch, and with jitter up to a third more. Below the age that operators are alerted about. */
const WATCH_SECONDS = 180;
/** The API server ends a watch by itself; one that it does not end is dead. */
const GRACE_MS = 15_000;
const SLICES = 'discovery.k8s.io/v1';

/** The API server asks for another list. */
class Expired extends Error {}

export function createKubernetesSource(
  definition: KubernetesDefinition,
  provider: KubernetesProvider,
  ports: RegistryPorts,
  pod: PodAccess = { server: clusterAddress(), folder: ACCOUNT_FOLDER },
): Source {
  const login = new ClusterLogin(provider, pod, ports.nowMs);
  let hadSlices = true;

  const callOf = (cluster: ClusterAccess, query: Readonly<Record<string, string>>): RegistryCall => {
    const namespace = encodeURIComponent(definition.namespace ?? cluster.namespace);
    const url = new URL(`${cluster.server}/apis/${SLICES}/namespaces/${namespace}/endpointslices`);
    url.search = new URLSearchParams({
      labelSelector: `kubernetes.io/service-name=${definition.service}`,
      ...query,
    }).toString();
    const headers: Record<string, string> = cluster.token === null ? {} : { authorization: `Bearer ${cluster.token}` };
    return { method: 'GET', url, headers, body: null, tls: cluster.tls };
  };

  const failure = (status: number, text: string, retryAfter: string | undefined, cluster: ClusterAccess): Error => {
    const said = statusMessage(text);
    if (status === 401) {
      login.forget();
      return new RegistryError('the API server does not accept the token or certificate (401)');
    }
    const namespace = definition.namespace ?? cluster.namespace;
    if (status === 403) {
      const rule = `{apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}`;
      return new RegistryError(`not allowed in namespace ${namespace} (403); a Role needs the rule ${rule}: ${said}`);
    }
    if (status === 404) return new RegistryError(`the API server has no ${SLICES} (404); Kubernetes 1.21 has it`);
    return refusal(status, retryAfter, said);
  };

  /** The slices by name, and the version they are of. */
  const list = async (signal: AbortSignal, isAgain = false): Promise<[Map<string, EndpointSlice>, string]> => {
    const cluster = await login.access();
    const { status, headers, text } = await callRegistry(callOf(cluster, {}), {
      signal,
      schedule: ports.schedule,
      lookup: ports.lookup,
    });
    if (status !== 200) {
      const error = failure(status, text, headers['retry-after'], cluster);
      // The token may have been replaced a moment ago.
      if (status === 401 && !isAgain) return list(signal, true);
      throw error;
    }
    const answer = parseJson(text, 'the list of EndpointSlices');
    const version = textAt(answer, 'metadata', 'resourceVersion');
    const items = listAt(answer, 'items');
    if (fieldOf(answer, 'kind') !== 'EndpointSliceList' || version === null || items === undefined)
      throw new Error('the API server did not answer with an EndpointSliceList');
    const slices = items.map(readSlice);
    return [new Map(slices.map((slice) => [slice.name, slice])), version];
  };

  const report = (slices: ReadonlyMap<string, EndpointSlice>): void => {
    if (slices.size === 0 && hadSlices)
      ports.log.warn({ service: definition.service }, 'no EndpointSlices: does the service exist in this namespace?');
    hadSlices = slices.size > 0;
    ports.report({ kind: 'list', ...sliceMembers(slices.values(), definition) });
  };

  const watch = async (slices: Map<string, EndpointSlice>, version: string, signal: AbortSignal): Promise<void> => {
    const cluster = await login.access();
    const seconds = Math.round(WATCH_SECONDS * (1 + ports.random() / 3));
    const call = callOf(cluster, {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: version,
      timeoutSeconds: String(seconds),
    });
    const answer = await openRegistry(
      call,
      { signal, schedule: ports.schedule, lookup: ports.lookup },
      seconds * 1000 + GRACE_MS,
    );
    if (answer.status === 410) return void (await answer.text());
    if (answer.status !== 200)
      throw failure(answer.status, await answer.text(), answer.headers['retry-after'], cluster);
    for await (const lines of answer.batches()) {
      for (const line of lines) applyEvent(slices, parseJson(line, 'an event of the watch'));
      // After a bookmark, too: it says that there is nothing else.
      report(slices);
    }
  };

  const round = async (signal: AbortSignal): Promise<void> => {
    const [slices, version] = await list(signal);
    report(slices);
    try {
      await watch(slices, version, signal);
    } catch (error) {
      if (!(error instanceof Expired)) throw error;
    }
  };

  return { isStrong: true, ...repeatRounds(round, ports) };
}

function applyEvent(slices: Map<string, EndpointSlice>, event: unknown): void {
  const object = fieldOf(event, 'object');
  const type = fieldOf(event, 'type');
  switch (type) {
    case 'ADDED':
    case 'MODIFIED': {
      const slice = readSlice(object);
      slices.set(slice.name, slice);
      return;
    }
    case 'DELETED':
      slices.delete(readSlice(object).name);
      return;
    case 'BOOKMARK':
      return;
    case 'ERROR':
      if (fieldOf(object, 'code') === 410) throw new Expired();
      throw new Error(`the watch failed: ${shortened(textAt(object, 'message') ?? 'no reason given')}`);
    default:
      throw new Error('an event of the watch has no known type');
  }
}

/** Of a Status object; otherwise what was sent instead. */
function statusMessage(text: string): string {
  try {
    return textAt(JSON.parse(text), 'message') ?? text;
  } catch {
    return text;
  }
}
