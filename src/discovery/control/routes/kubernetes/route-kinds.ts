/** The kinds of objects that routes are made of. */
import { fieldOf, textAt } from '../../sources/json-value.ts';
import type { WatchedKind } from '../../sources/kubernetes/kind-watch.ts';

/** What of an object is kept: the rest may be large. */
export interface RouteObject {
  readonly namespace: string;
  readonly name: string;
  /** RFC 3339; empty: unknown. */
  readonly createdAt: string;
  readonly annotations: unknown;
  readonly spec: unknown;
}

const GATEWAY_API = { apiVersion: 'gateway.networking.k8s.io/v1', missing: 'install the resources of the Gateway API' };

function kind(
  of: Pick<WatchedKind<RouteObject>, 'apiVersion' | 'plural' | 'kind' | 'missing'>,
): WatchedKind<RouteObject> {
  return { ...of, read: readObject, groupOf: () => '' };
}

function readObject(object: unknown): RouteObject {
  return {
    namespace: textAt(object, 'metadata', 'namespace') ?? '',
    name: textAt(object, 'metadata', 'name') ?? '',
    createdAt: textAt(object, 'metadata', 'creationTimestamp') ?? '',
    annotations: fieldOf(object, 'metadata', 'annotations'),
    spec: fieldOf(object, 'spec'),
  };
}

export const GATEWAYS = kind({ ...GATEWAY_API, plural: 'gateways', kind: 'Gateway' });
export const HTTP_ROUTES = kind({ ...GATEWAY_API, plural: 'httproutes', kind: 'HTTPRoute' });
export const REFERENCE_GRANTS = kind({
  ...GATEWAY_API,
  apiVersion: 'gateway.networking.k8s.io/v1beta1',
  plural: 'referencegrants',
  kind: 'ReferenceGrant',
});
export const INGRESSES = kind({
  apiVersion: 'networking.k8s.io/v1',
  plural: 'ingresses',
  kind: 'Ingress',
  missing: 'Kubernetes 1.19 has it',
});
export const SERVICES = kind({
  apiVersion: 'v1',
  plural: 'services',
  kind: 'Service',
  missing: 'is it an API server?',
});
