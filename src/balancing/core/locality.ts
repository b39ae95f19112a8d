/**
 * How much of a pool's traffic stays near. Levels are the nearest first: the gateway's zone, the rest of its region,
 * everything else.
 *
 * As with Envoy's priority levels, a level takes all it can carry, and what it cannot goes to the next one: with the
 * factor f, a level of which the part a/t is available counts as whole while f × a/t ≥ 1. In addition, and as with
 * Envoy's zone aware routing, the nearest level takes no more than its backends can carry: where the part s of all
 * traffic arrives, and the part c of the available capacity is, f × c/s of it stay.
 * Sources: Envoy, arch_overview/upstream/load_balancing: overprovisioning, priority, zone_aware.
 */
import type { LocalityLevel } from './balancing-vocabulary.ts';

export interface Place {
  readonly region: string | null;
  readonly zone: string | null;
}

export interface LevelCapacity {
  /** Of the available backends, as it is now: in a slow start, less than configured. */
  readonly available: number;
  /** Of all its backends, as configured. */
  readonly configured: number;
  /** Available backends. */
  readonly count: number;
}

export interface LocalityRule {
  /** 1 or more. */
  readonly overprovisioning: number;
  /** A level with fewer available backends is not preferred. */
  readonly minBackends: number;
  /** Part of all requests that arrives where this gateway is, 0..1; 0: the nearest level takes whatever it gets. */
  readonly trafficShare: number;
}

/**
 * @returns each level's part of the requests, adding up to 1; all are 0 if no backend is available, and a level without
 * an available backend has 0
 */
export function localityShares(levels: readonly LevelCapacity[], rule: LocalityRule): number[] {
  const { overprovisioning, minBackends, trafficShare } = rule;
  const all = levels.reduce((sum, { available }) => sum + available, 0);
  if (all === 0) return levels.map(() => 0);
  const last = levels.length - 1;
  let left = 1;
  const shares = levels.map(({ available, configured, count }, at) => {
    if (available === 0 || (at < last && count < minBackends)) return 0;
    let most = (overprovisioning * available) / Math.max(configured, available);
    if (at === 0 && trafficShare > 0) most = Math.min(most, (overprovisioning * available) / all / trafficShare);
    const share = Math.min(left, most);
    left -= share;
    return share;
  });
  const sum = 1 - left;
  // Nothing is near enough, or large enough: all are alike.
  if (sum <= 0) return levels.map(({ available }) => available / all);
  return shares.map((share) => share / sum);
}

/** How near a backend is; of the same zone are those with the same name in regions that are not known to differ. */
export function levelOf(gateway: Place, backend: Place): LocalityLevel {
  const isFar = gateway.region !== null && backend.region !== null && gateway.region !== backend.region;
  if (isFar) return 'other';
  if (gateway.zone !== null && gateway.zone === backend.zone) return 'zone';
  return gateway.region !== null && gateway.region === backend.region ? 'region' : 'other';
}

/** As `traffic_share: auto`: requests arrive evenly in all places that have backends, and in the gateway's. */
export function evenShare(prefer: 'zone' | 'region', gateway: Place, backends: readonly Place[]): number {
  const name = ({ region, zone }: Place): string =>
    prefer === 'zone' ? `${region ?? ''} ${zone ?? ''}` : (region ?? '');
  return 1 / new Set([gateway, ...backends].map(name)).size;
}
