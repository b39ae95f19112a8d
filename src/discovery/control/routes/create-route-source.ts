/** The source of routes of a provider, by the section `discovery`. */
import type { Settings } from '../../../config/settings.ts';
import type { RouteProvider } from '../../core/discovery-vocabulary.ts';
import { clusterProvider } from '../create-source.ts';
import type { SharedSources } from '../shared-sources.ts';
import type { SourcePorts } from '../source.ts';
import { createDockerRoutes } from './docker/docker-routes.ts';
import { createKubernetesRoutes } from './kubernetes/kubernetes-routes.ts';
import type { RouteAnswer, RouteSource } from './route-source.ts';

export interface RouteSourceContext extends Pick<SourcePorts, 'nowMs' | 'schedule'> {
  readonly provider: RouteProvider;
  readonly settings: Settings;
  /** Relative names of files start here. */
  readonly cwd: string;
  readonly shared: Pick<SharedSources, RouteProvider>;
  readonly report: (answer: RouteAnswer) => void;
}

/** What a source is made of: with other parts, it is made again. Null: the provider is off. */
export function routeDefinition(provider: RouteProvider, { discovery }: Settings): unknown {
  const { docker, kubernetes, debounceMs } = discovery;
  if (provider === 'docker') return docker.routes ? [docker] : null;
  return kubernetes.routes === null ? null : [kubernetes, debounceMs];
}

export function createRouteSource(context: RouteSourceContext): RouteSource {
  const { provider, settings, cwd, shared, report, nowMs, schedule } = context;
  const { docker, kubernetes, debounceMs } = settings.discovery;
  if (provider === 'docker') return createDockerRoutes(shared.docker(docker.endpoint), report);
  const cluster = shared.kubernetes(clusterProvider(settings.discovery, cwd));
  return createKubernetesRoutes(kubernetes.routes!, cluster, { report, nowMs, schedule, debounceMs });
}
