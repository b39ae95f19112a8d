/** An instance of a service, as Consul's health endpoint lists it. */
import { WEIGHT } from '../../../../backends/core/backends-vocabulary.ts';
import { canonicalHostName } from '../../../../net/host-name.ts';
import type { Member } from '../../../core/member.ts';
import { fieldOf, isPort, textAt } from '../json-value.ts';

/** @returns a text names it and says why it is left out */
export function readInstance(instance: unknown): Member | string {
  const id = textAt(instance, 'Service', 'ID') ?? 'without an ID';
  const node = textAt(instance, 'Node', 'Node') ?? '';
  const name = `service ${JSON.stringify(id)} on node ${JSON.stringify(node)}`;
  const given = textAt(instance, 'Service', 'Address') ?? textAt(instance, 'Node', 'Address');
  const address = given === null ? undefined : canonicalHostName(given);
  if (address === undefined) return `${name}: its address is ${given === null ? 'missing' : JSON.stringify(given)}`;
  const port = fieldOf(instance, 'Service', 'Port');
  if (!isPort(port)) return `${name}: its port is ${JSON.stringify(port) as string | undefined}; allowed: 1 to 65535`;
  const weight = fieldOf(instance, 'Service', 'Weights', 'Passing') ?? 1;
  if (typeof weight !== 'number' || !Number.isInteger(weight)) return `${name}: its weight is no integer`;
  return {
    address,
    port,
    // Consul's go up to 65535.
    weight: Math.min(WEIGHT.maximum, Math.max(WEIGHT.minimum, weight)),
    backup: false,
    draining: false,
    region: placeAt(instance, 'Region'),
    zone: placeAt(instance, 'Zone'),
    uid: `${node}/${id}`,
  };
}

/** Of the service, or else of its node. */
function placeAt(instance: unknown, key: 'Region' | 'Zone'): string | null {
  return (
    textAt(instance, 'Service', 'Locality', key) ??
    textAt(instance, 'Service', 'Meta', key.toLowerCase()) ??
    textAt(instance, 'Node', 'Locality', key) ??
    textAt(instance, 'Node', 'Meta', key.toLowerCase())
  );
}
