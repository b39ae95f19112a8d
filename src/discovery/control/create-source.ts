/** The source of a pool, by the kind that its settings name. */
import { resolve } from 'node:path';
import { createConsulSource } from './sources/consul/consul-source.ts';
import { createEtcdSource } from './sources/etcd/etcd-source.ts';
import { givenName } from '../core/found-name.ts';
import type { ClusterProvider } from './sources/kubernetes/cluster.ts';
import { createKubernetesSource } from './sources/kubernetes/kubernetes-source.ts';
import { RegistryTls } from './sources/registry-tls.ts';
import type { DiscoverKind } from '../../config/schema/discover/discover-schema.ts';
import type { DiscoverSettings, DiscoverySettings } from '../../config/settings.ts';
import type { Source, SourcePorts } from './source.ts';
import type { SharedSources } from './shared-sources.ts';
import { createDnsSource } from './sources/dns-source.ts';
import { createDockerSource } from './sources/docker/docker-source.ts';
import { createHttpSource } from './sources/http-source.ts';
import type { PushedLists } from './pushed-lists.ts';
import { createFileSource } from './sources/file-source.ts';
import { createPushSource } from './sources/push-source.ts';

export interface SourceContext {
  /** Name of the pool. */
  readonly pool: string;
  /** All of `pools.*.discover`. */
  readonly discover: DiscoverSettings;
  /** The section `discovery`, with one of each provider. */
  readonly discovery: DiscoverySettings;
  /** Relative names of files start here. */
  readonly cwd: string;
  readonly pushed: PushedLists;
  readonly ports: SourcePorts;
  readonly shared: SharedSources;
}

type Definition<Kind extends DiscoverKind> = NonNullable<DiscoverSettings[Kind]>;

/** Each kind, one a line. */
const CREATE: { readonly [Kind in DiscoverKind]: (definition: Definition<Kind>, context: SourceContext) => Source } = {
  file: ({ path }, { discover, cwd, ports }) => createFileSource({ path: resolve(cwd, path) }, discover, ports),
  kubernetes: (kubernetes, { discovery, shared, cwd, ports }) =>
    createKubernetesSource(kubernetes, shared.kubernetes(clusterProvider(discovery, cwd)), ports),
  etcd: (etcd, { discover: { scheme }, discovery, shared: { lookup }, cwd, ports }) => {
    const { tls, ...provider } = discovery.etcd;
    return createEtcdSource(etcd, { ...provider, tls: new RegistryTls(tls, cwd) }, scheme, { ...ports, lookup });
  },
  consul: (consul, { discovery, shared: { lookup }, cwd, ports }) => {
    const { tls, ...provider } = discovery.consul;
    return createConsulSource(consul, { ...provider, tls: new RegistryTls(tls, cwd) }, { ...ports, lookup });
  },
  dns: (dns, { shared, ports }) => createDnsSource(dns, shared.dns, ports),
  http: (http, { discover: { scheme }, shared: { lookup }, ports }) =>
    createHttpSource(http, { scheme, lookup }, ports),
  docker: (docker, { pool, discovery, shared, ports }) =>
    createDockerSource(givenName(pool), docker, shared.docker(discovery.docker.endpoint), ports),
  push: (_, { pool, discover, pushed, ports }) => createPushSource(pool, discover.scheme, pushed, ports),
};

const KINDS = Object.keys(CREATE) as readonly DiscoverKind[];

/** @param cwd relative names of files start here */
export function clusterProvider({ kubernetes }: DiscoverySettings, cwd: string): ClusterProvider {
  const { kubeconfig, context, routes } = kubernetes;
  const isWide = routes !== null && routes.namespaces.length === 0;
  return { kubeconfig: kubeconfig === null ? null : resolve(cwd, kubeconfig), context, isWide };
}

export function kindOf(discover: DiscoverSettings): DiscoverKind {
  return KINDS.find((kind) => discover[kind] !== null)!;
}

export function createSource(context: SourceContext): Source {
  const kind = kindOf(context.discover);
  const create = CREATE[kind] as (definition: unknown, context: SourceContext) => Source;
  return create(context.discover[kind], context);
}

/** What a source is made of: with other parts, it must be made again. */
export function definitionOf(discover: DiscoverSettings, discovery: DiscoverySettings): unknown {
  const kind = kindOf(discover);
  const providers: Readonly<Record<string, unknown>> = { ...discovery };
  return [kind, discover[kind], discover.scheme, providers[kind]];
}
