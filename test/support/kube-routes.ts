/** Objects of a cluster, and the routes that follow from them over a file. */
import { loadText } from '../../src/config/load.ts';
import type { RouteSettings, Settings } from '../../src/config/settings.ts';
import { FoundLayer } from '../../src/discovery/control/routes/found-layer.ts';
import {
  type KubernetesRouteChoice,
  routeFragments,
} from '../../src/discovery/control/routes/kubernetes/kubernetes-routes.ts';
import {
  GATEWAYS,
  HTTP_ROUTES,
  INGRESSES,
  REFERENCE_GRANTS,
  type RouteObject,
  SERVICES,
} from '../../src/discovery/control/routes/kubernetes/route-kinds.ts';

export interface KubeObjects {
  readonly gateways?: readonly RouteObject[];
  readonly httpRoutes?: readonly RouteObject[];
  readonly grants?: readonly RouteObject[];
  readonly ingresses?: readonly RouteObject[];
  readonly services?: readonly RouteObject[];
  readonly choice?: Partial<KubernetesRouteChoice>;
  /** The file, besides the sections of discovery. */
  readonly yaml?: string;
}

export interface FoundByKubernetes {
  readonly settings: Settings;
  /** Those that were found. */
  readonly routes: readonly RouteSettings[];
  /** As `subject: message`. */
  readonly problems: readonly string[];
}

const FILE =
  'pools: { main: { backends: [{ url: "http://127.0.0.1:1" }] } }\nroutes: [{ host: main.test, pool: main }]';
const SWITCH = '\ndiscovery: { kubernetes: { routes: { gateway_class: sluice } } }\n';

/** An object of the namespace `shop`. */
export function kubeObject(name: string, spec: unknown, more: Partial<RouteObject> = {}): RouteObject {
  return { namespace: 'shop', name, createdAt: '2026-01-01T00:00:00Z', annotations: {}, spec, ...more };
}

export const GATEWAY = kubeObject('edge', {
  gatewayClassName: 'sluice',
  listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }],
});

/** A Service with one port. */
export function kubeService(name: string, more: object = {}, of: Partial<RouteObject> = {}): RouteObject {
  return kubeObject(name, { ports: [{ name: 'http', port: 80, protocol: 'TCP', ...more }] }, of);
}

/** Of `shop.test`, attached to {@link GATEWAY}. */
export function httpRoute(
  name: string,
  rules: readonly object[],
  more: object = {},
  of: Partial<RouteObject> = {},
): RouteObject {
  return kubeObject(name, { parentRefs: [{ name: 'edge' }], hostnames: ['shop.test'], rules, ...more }, of);
}

export const TO_WEB = { backendRefs: [{ name: 'web', port: 80 }] };

export function findRoutes({
  gateways = [GATEWAY],
  httpRoutes = [],
  grants = [],
  ingresses = [],
  services = [kubeService('web'), kubeService('canary')],
  choice = {},
  yaml = FILE,
}: KubeObjects): FoundByKubernetes {
  const file = loadText(yaml + SWITCH, 'sluice.yaml', {}, {});
  const all = { gatewayClass: 'sluice', gateway: null, ingressClass: 'sluice', namespaces: [], ...choice };
  const objects = new Map([
    [GATEWAYS, gateways],
    [HTTP_ROUTES, httpRoutes],
    [REFERENCE_GRANTS, grants],
    [INGRESSES, ingresses],
    [SERVICES, services],
  ]);
  const { fragments, problems } = routeFragments(all, (kind) => objects.get(kind)!);
  const layer = new FoundLayer(fragments, new Map(), process.cwd());
  const settings = layer.extend(file);
  return {
    settings,
    routes: settings.routes.slice(file.routes.length),
    problems: [...problems, ...layer.problems(file)].map(({ subject, message }) => `${subject}: ${message}`),
  };
}
