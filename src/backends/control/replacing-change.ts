/** What a whole new set of values for a backend changes of what the API says of it: as little as will do. */
import type { BackendSettings, PoolSettings } from '../../config/settings.ts';
import type { BackendReplacement } from '../backend-control.ts';
import type { BackendChange, BackendValues } from '../backend-store.ts';

export interface BackendPlace {
  readonly pool: Pick<PoolSettings, 'name' | 'maxInFlight'>;
  readonly backend: BackendSettings;
}

export interface BackendKnowledge {
  readonly current: BackendPlace;
  /** By the API. */
  readonly said: BackendValues;
  /** Undefined: it was added by the API. */
  readonly ofFile: BackendPlace | undefined;
}

type Replaced = Omit<BackendValues, 'draining'>;
const KEYS = ['pool', 'weight', 'enabled', 'backup', 'maxInFlight'] as const satisfies readonly (keyof Replaced)[];

export function replacingChange(
  wanted: BackendReplacement,
  { current, said, ofFile }: BackendKnowledge,
): BackendChange {
  const now = valuesOf(current);
  const file = ofFile === undefined ? undefined : valuesOf(ofFile);
  // As operators see it. In another pool, what it had of its pool is a value of its own.
  const shown = wanted.pool === now.pool ? { ...now, maxInFlight: now.maxInFlight ?? current.pool.maxInFlight } : now;
  const change: { -readonly [Key in keyof BackendChange]: unknown } = {};
  for (const key of KEYS) {
    const value = wanted[key] ?? null;
    if (value !== null && value === shown[key]) continue;
    const next = value === file?.[key] ? null : value;
    if (next !== said[key]) change[key] = next;
  }
  return change as BackendChange;
}

function valuesOf({ pool, backend: { weight, enabled, backup, maxInFlight } }: BackendPlace): Replaced {
  return { pool: pool.name, weight, enabled, backup, maxInFlight };
}
