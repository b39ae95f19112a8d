import { isRecord, type Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import type { Show } from '../../file/references.ts';
import { DISCOVER_KINDS } from '../../schema/discover/discover-schema.ts';
import type { ConfigFile, PoolFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';

/**
 * A pool has backends or members, and its members come from exactly one source.
 * @param root as written, also what has mistakes.
 */
export function checkDiscover(
  { pools }: Draft<ConfigFile>,
  root: Readonly<Record<string, unknown>>,
  show: Show,
): readonly Finding[] {
  const written = isRecord(root.pools) ? root.pools : {};
  return Object.entries(pools ?? {}).flatMap(([name, pool]) => {
    const given = written[name];
    if (pool === undefined || !isRecord(given)) return [];
    const path = ['pools', name];
    if (!isRecord(given.discover)) return given.discover === undefined ? checkBackends(pool, given, path) : [];
    return [...checkKinds(given.discover, [...path, 'discover']), ...checkScheme(pool, path, show)];
  });
}

function checkBackends(pool: Draft<PoolFile>, given: Readonly<Record<string, unknown>>, path: Path): Finding[] {
  if (pool.backends?.length !== 0) return [];
  const needed = 'a pool without discover needs at least one';
  const at = [...path, 'backends'];
  if (given.backends === undefined) return [finding(at, `missing; ${needed} backend`)];
  return [finding(at, `the list is empty; ${needed}`)];
}

function checkKinds(given: Readonly<Record<string, unknown>>, path: Path): readonly Finding[] {
  const [first, second] = DISCOVER_KINDS.filter((kind) => given[kind] !== undefined);
  const kinds = DISCOVER_KINDS.join(', ');
  if (first === undefined) return [finding(path, `names no source; exactly one is needed of: ${kinds}`)];
  if (second === undefined) return [];
  const others = [[...path, first]];
  return [finding([...path, second], `only one source is allowed; ${first} is set, too`, { others })];
}

/** The protocol of a pool fits the URLs that its members get. */
function checkScheme({ protocol, discover }: Draft<PoolFile>, path: Path, show: Show): readonly Finding[] {
  if (protocol === undefined || discover?.scheme === undefined) return [];
  const [here, there] = [
    [...path, 'discover', 'scheme'],
    [...path, 'protocol'],
  ];
  const wanted = protocol === 'h2' ? 'https' : protocol === 'h2c' ? 'http' : undefined;
  if (wanted === undefined || discover.scheme === wanted) return [];
  const message = `found ${show(here, discover.scheme)}; protocol: ${show(there, protocol)} needs ${wanted}`;
  return [finding(here, message, { others: [there] })];
}
