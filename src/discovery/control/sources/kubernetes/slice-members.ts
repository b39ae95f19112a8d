/** The members of a pool, from all EndpointSlices of a Service. */
import { canonicalHostName } from '../../../../net/host-name.ts';
import type { Family } from '../../../../net/core/net-vocabulary.ts';
import type { Member } from '../../../core/member.ts';
import type { Endpoint, EndpointSlice } from './endpoint-slice.ts';

export interface SliceChoice {
  /** Name or number of a port of the pods; null: the only one. */
  readonly port: string | number | null;
  /** `any`: IPv4, for endpoints that have it. */
  readonly family: Family;
}

interface Found {
  readonly endpoint: Endpoint;
  readonly address: string;
  readonly port: number;
  readonly slice: EndpointSlice;
}

/**
 * Each pod once, whatever the number of slices and families that list it. One that is shutting down and still serves
 * drains; if no other is ready, such ones are used, as kube-proxy does.
 *
 * @returns `refused`: what was left out although it looks usable, with the reason
 */
export function sliceMembers(
  slices: Iterable<EndpointSlice>,
  choice: SliceChoice,
): { readonly members: readonly Member[]; readonly refused: readonly string[] } {
  const refused: string[] = [];
  const found = [...slices]
    .filter(({ addressType }) => isWanted(addressType, choice.family))
    // A pod's IPv4 address is found first, and then its other slices count for nothing.
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
    .flatMap((slice) => endpointsOf(slice, choice.port, refused));
  const chosen = new Map<string, Found>();
  const addresses = new Set<string>();
  // While the control plane moves an endpoint, two slices have it: the one that is ready counts.
  for (const each of found.sort((a, b) => Number(b.endpoint.isReady) - Number(a.endpoint.isReady))) {
    const at = `${each.address} ${each.port}`;
    const key = each.endpoint.uid ?? at;
    if (chosen.has(key) || addresses.has(at)) continue;
    chosen.set(key, each);
    addresses.add(at);
  }
  const usable = [...chosen.values()];
  const isAnyReady = usable.some(({ endpoint }) => endpoint.isReady);
  return {
    members: usable.map(({ endpoint, address, port }) => ({
      address,
      port,
      weight: 1,
      backup: false,
      draining: isAnyReady && !endpoint.isReady,
      // Slices state zones only: those of a cluster are in one region, that of the pool.
      region: null,
      zone: endpoint.zone,
      uid: endpoint.uid,
    })),
    refused,
  };
}

function isWanted(addressType: string, family: SliceChoice['family']): boolean {
  return family === 'any' || addressType.toLowerCase() === family;
}

function rank({ addressType }: EndpointSlice): number {
  return addressType === 'IPv4' ? 0 : 1;
}

function endpointsOf(slice: EndpointSlice, wanted: SliceChoice['port'], refused: string[]): readonly Found[] {
  const usable = slice.endpoints.filter(
    ({ isReady, isServing, isTerminating }) => isReady || (isServing && isTerminating),
  );
  if (usable.length === 0) return [];
  const port = portOf(slice, wanted);
  if (typeof port === 'string') {
    refused.push(`EndpointSlice ${slice.name}: ${port}`);
    return [];
  }
  return usable.flatMap((endpoint) => {
    const address = endpoint.address === null ? undefined : canonicalHostName(endpoint.address);
    if (address !== undefined) return [{ endpoint, address, port, slice }];
    const shown = endpoint.address === null ? 'none' : JSON.stringify(endpoint.address.slice(0, 100));
    refused.push(`EndpointSlice ${slice.name}: an endpoint's address is ${shown}`);
    return [];
  });
}

/** A text says why there is none. */
function portOf({ ports }: EndpointSlice, wanted: SliceChoice['port']): number | string {
  const usable = ports.filter(({ protocol }) => protocol === 'TCP');
  const there =
    usable.map(({ name, port }) => `${name === '' ? '' : `${name}: `}${port ?? 'any'}`).join(', ') || 'none';
  if (wanted === null) {
    const [only, ...others] = usable;
    if (only !== undefined && only.port !== null && others.length === 0) return only.port;
    return `set port, because it has not one TCP port (${there})`;
  }
  const match = usable.find(({ name, port }) => (typeof wanted === 'number' ? port === wanted : name === wanted));
  if (match !== undefined && match.port !== null) return match.port;
  // Without ports, or with one without a number, every port is meant.
  const isOpen = usable.length === 0 ? ports.length === 0 : usable.some(({ port }) => port === null);
  if (typeof wanted === 'number' && isOpen) return wanted;
  return `it has no TCP port ${wanted} (${there})`;
}
