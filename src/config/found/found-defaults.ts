/** What pools and routes that discovery finds take from the file: the sections that its own inherit, too. */
import { deepFreeze } from '../deep-freeze.ts';
import { SHARED_KEYS } from '../schema/pool-schema.ts';
import type { ConfigFile } from '../schema/schema.ts';

/** Sections as written, with variables filled in. */
export type FoundDefaults = Readonly<Record<string, unknown>>;

/** @param root as written. Null: discovery finds no routes */
export function foundDefaults(
  root: Readonly<Record<string, unknown>>,
  { discovery, geo }: ConfigFile,
): FoundDefaults | null {
  if (!discovery.docker.routes && discovery.kubernetes.routes === undefined) return null;
  const keys = [...SHARED_KEYS, 'route_defaults', 'plugins'].filter((key) => Object.hasOwn(root, key));
  const given = structuredClone(Object.fromEntries(keys.map((key) => [key, root[key]])));
  // That there are locations is enough for the checks, which then read no table.
  const hasLocations = geo.header !== undefined || geo.table !== undefined;
  return deepFreeze({ ...given, ...(hasLocations && { geo: { header: geo.header ?? 'x-location' } }) });
}
