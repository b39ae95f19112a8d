/** What pools and routes that discovery finds take from the file: the sections that its own inherit, too. */
import { deepFreeze } from '../deep-freeze.ts';
import { SHARED_KEYS } from '../schema/pool-schema.ts';
import type { ConfigFile } from '../schema/schema.ts';

/** Sections as written, with variables filled in. */
export type FoundDefaults = Readonly<Record<string, unknown>>;

/** @param root as written. Null: discovery finds no routes */
export function foundDefaults(
  root: Readonly<Record<string, unknown>>,
  { discovery }: ConfigFile,
): FoundDefaults | null {
  if (!discovery.docker.routes && discovery.kubernetes.routes === undefined) return null;
  const keys = [...SHARED_KEYS, 'route_defaults', 'plugins'].filter((key) => Object.hasOwn(root, key));
  return deepFreeze(structuredClone(Object.fromEntries(keys.map((key) => [key, root[key]]))));
}
