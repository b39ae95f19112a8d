/**
 * An EndpointSlice of `discovery.k8s.io/v1`, as far as it says where to send requests.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/
 */
import { fieldOf, isPort, listAt, textAt } from '../json-value.ts';

export interface EndpointSlice {
  readonly name: string;
  /** `IPv4`, `IPv6` or `FQDN`. */
  readonly addressType: string;
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly Endpoint[];
}

export interface SlicePort {
  /** Empty: it has none. */
  readonly name: string;
  /** Null: every port. */
  readonly port: number | null;
  readonly protocol: string;
}

export interface Endpoint {
  /** The first one: the others are the same endpoint, and not meant for use. Null: there is none. */
  readonly address: string | null;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  readonly zone: string | null;
  /** Of the pod. */
  readonly uid: string | null;
}

/** Throws Error if it has another shape: the list is then worth nothing, and the last one stands. */
export function readSlice(object: unknown): EndpointSlice {
  const name = textAt(object, 'metadata', 'name');
  if (name === null) throw new Error('an EndpointSlice has no name');
  const wrong = (what: string): Error => new Error(`EndpointSlice ${name} has ${what}`);
  const addressType = textAt(object, 'addressType');
  if (addressType === null) throw wrong('no addressType');
  const ports = listAt(object, 'ports');
  const endpoints = listAt(object, 'endpoints');
  if (ports === undefined || endpoints === undefined) throw wrong('ports or endpoints that are no lists');
  return {
    name,
    addressType,
    ports: ports.map((port) => {
      const number = fieldOf(port, 'port') ?? null;
      if (number !== null && !isPort(number)) throw wrong('a port that is no port number');
      return { name: textAt(port, 'name') ?? '', port: number, protocol: textAt(port, 'protocol') ?? 'TCP' };
    }),
    endpoints: endpoints.map((endpoint) => {
      const [address] = listAt(endpoint, 'addresses') ?? [];
      // What is not known counts as true, and serving as ready, as the API defines it.
      const isReady = fieldOf(endpoint, 'conditions', 'ready') !== false;
      const serving = fieldOf(endpoint, 'conditions', 'serving') ?? isReady;
      return {
        address: typeof address === 'string' && address !== '' ? address : null,
        isReady,
        isServing: serving !== false,
        isTerminating: fieldOf(endpoint, 'conditions', 'terminating') === true,
        zone: textAt(endpoint, 'zone'),
        uid: textAt(endpoint, 'targetRef', 'uid'),
      };
    }),
  };
}
