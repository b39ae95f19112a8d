/** Backends by pool, with those that get no requests first. Pure. */
import type { Backend } from '../../api/types.ts';
import { backendState, type BackendState } from '../../live/verdict.ts';

const ORDER: Readonly<Record<BackendState, number>> = { down: 0, degraded: 1, draining: 2, disabled: 3, healthy: 4 };

export interface PoolGroup {
  readonly pool: string;
  readonly backends: readonly Backend[];
  readonly down: number;
}

/** Pools with something down first; otherwise, and within a pool, in the order of the configuration. */
export function byPool(backends: readonly Backend[]): readonly PoolGroup[] {
  const rank = (backend: Backend): number => ORDER[backendState(backend)];
  const groups = [...Map.groupBy(backends, ({ pool }) => pool)].map(([pool, all]) => ({
    pool,
    backends: all.toSorted((one, other) => rank(one) - rank(other)),
    down: all.filter((backend) => rank(backend) === ORDER.down).length,
  }));
  return groups.toSorted((one, other) => Number(other.down > 0) - Number(one.down > 0));
}

/** `12 backends, 2 down` */
export function groupText({ backends, down }: PoolGroup): string {
  const all = `${backends.length} ${backends.length === 1 ? 'backend' : 'backends'}`;
  return down === 0 ? all : `${all}, ${down} down`;
}
