/** The smallest change of the API's overrides that gives a backend a complete new set of values. */
import type { BackendSettings, PoolSettings } from '../../config/settings.ts';
import type { BackendReplacement } from '../backend-control.ts';
import type { BackendChange, BackendValues } from '../backend-store.ts';

export interface LocatedBackend {
  readonly pool: Pick<PoolSettings, 'name' | 'maxInFlight'>;
  readonly backend: BackendSettings;
}

export interface BackendKnowledge {
  readonly current: LocatedBackend;
  /** From the API. */
  readonly overrides: BackendValues;
  /** Undefined: it was added by the API. */
  readonly fromFile: LocatedBackend | undefined;
}

type Replaced = Omit<BackendValues, 'draining'>;
const KEYS = ['pool', 'weight', 'enabled', 'backup', 'maxInFlight'] as const satisfies readonly (keyof Replaced)[];

export function replacingChange(
  wanted: BackendReplacement,
  { current, overrides, fromFile }: BackendKnowledge,
): BackendChange {
  const now = valuesOf(current);
  const file = fromFile === undefined ? undefined : valuesOf(fromFile);
  // As operators see it. In another pool, a value inherited from the old pool becomes its own.
  const shown = wanted.pool === now.pool ? { ...now, maxInFlight: now.maxInFlight ?? current.pool.maxInFlight } : now;
  const change: { -readonly [Key in keyof BackendChange]: unknown } = {};
  for (const key of KEYS) {
    const value = wanted[key] ?? null;
    if (value !== null && value === shown[key]) continue;
    const next = value === file?.[key] ? null : value;
    if (next !== overrides[key]) change[key] = next;
  }
  return change as BackendChange;
}

function valuesOf({ pool, backend: { weight, enabled, backup, maxInFlight } }: LocatedBackend): Replaced {
  return { pool: pool.name, weight, enabled, backup, maxInFlight };
}
