/** A cluster that pools and routes come from: one login, and one watch of each kind and namespace for all of them. */
import { clusterAddress } from '../../../../config/file/cluster-address.ts';
import { ACCOUNT_FOLDER, ClusterLogin, type KubernetesProvider, type PodAccess } from './cluster-access.ts';
import { ALL_NAMESPACES, KindWatch, OWN_NAMESPACE, type WatchedKind, type WatchPorts } from './kind-watch.ts';

export interface ClusterProvider extends KubernetesProvider {
  /** Routes may be in any namespace: what is known of all serves those who need one of them. */
  readonly isWide: boolean;
}

export class Cluster {
  readonly #isWide: boolean;
  readonly #login: ClusterLogin;
  readonly #ports: WatchPorts;
  /** By kind, then by namespace. */
  readonly #watches = new Map<string, unknown>();

  constructor(
    { isWide, ...provider }: ClusterProvider,
    ports: WatchPorts,
    pod: PodAccess = { server: clusterAddress(), folder: ACCOUNT_FOLDER },
  ) {
    this.#isWide = isWide;
    this.#login = new ClusterLogin(provider, pod, ports.nowMs);
    this.#ports = ports;
  }

  /** @param namespace null: that of the gateway. The watch runs while somebody listens. */
  watch<T>(kind: WatchedKind<T>, namespace: string | null): KindWatch<T> {
    const scope = namespace === null ? OWN_NAMESPACE : this.#isWide ? ALL_NAMESPACES : namespace;
    const key = `${kind.plural} ${scope}`;
    const known = this.#watches.get(key) as KindWatch<T> | undefined;
    if (known !== undefined) return known;
    const watch = new KindWatch(kind, scope, this.#login, this.#ports);
    this.#watches.set(key, watch);
    return watch;
  }
}
