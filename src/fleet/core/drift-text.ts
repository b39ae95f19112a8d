/** A disagreement between gateways, as a sentence for operators. */
import type { Drift } from './membership.ts';

export function driftText({ kind, groups }: Drift): string {
  if (kind === 'name') {
    const names = groups.map(({ value, gateways }) => `${gateways.length} gateways are named ${value}`).join('; ');
    return `${names}: set fleet.name on each, or they overwrite each other's bucket levels`;
  }
  const what = kind === 'config' ? 'configurations' : 'versions';
  return `${what} differ: ${groups.map(({ value, gateways }) => `${gateways.join(', ')}: ${value}`).join('; ')}`;
}
