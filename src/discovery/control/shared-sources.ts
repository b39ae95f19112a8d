/** What sources of several pools share: lookups of names, a connection to each Docker daemon, watches of each cluster. */
import type { LookupFunction } from 'node:net';
import type { DnsClient } from '../../addresses/control/dns-client.ts';
import type { CreateLookup } from '../../addresses/control/name-lookup.ts';
import { lookUpService } from '../../addresses/control/service-lookup.ts';
import { socketLookup } from '../../addresses/control/socket-lookup.ts';
import type { DnsLookups } from './sources/dns-source.ts';
import { createDockerApi } from './sources/docker/docker-api.ts';
import { Cluster, type ClusterProvider } from './sources/kubernetes/cluster.ts';
import { DockerWatch, type DockerWatchPorts } from './sources/docker/docker-watch.ts';

export interface SharedSources {
  readonly dns: DnsLookups;
  /** For connections to services that list members. */
  readonly lookup: LookupFunction;
  /** It runs while a pool listens to it. */
  readonly docker: (endpoint: string) => DockerWatch;
  readonly kubernetes: (provider: ClusterProvider) => Cluster;
}

export interface SharedSourcesPorts extends Omit<DockerWatchPorts, 'api'> {
  readonly dns: Pick<DnsClient, 'rules' | 'queryServices' | 'clampTtlMs'>;
  readonly lookupOf: CreateLookup;
}

export function createSharedSources({ dns, lookupOf, ...ports }: SharedSourcesPorts): SharedSources {
  const lookup = socketLookup(lookupOf);
  const daemons = new Map<string, DockerWatch>();
  const clusters = new Map<string, Cluster>();
  return {
    dns: {
      lookupOf,
      lookUpService: (service) =>
        lookUpService(service, { rules: () => dns.rules(), query: (name) => dns.queryServices(name) }),
      clampTtlMs: dns.clampTtlMs,
    },
    lookup,
    docker: (endpoint) => {
      const known = daemons.get(endpoint);
      if (known !== undefined) return known;
      const watch = new DockerWatch({ ...ports, api: createDockerApi(endpoint, lookup) });
      daemons.set(endpoint, watch);
      return watch;
    },
    kubernetes: (provider) => {
      const key = JSON.stringify(provider);
      const cluster = clusters.get(key) ?? new Cluster(provider, { ...ports, lookup });
      clusters.set(key, cluster);
      return cluster;
    },
  };
}
