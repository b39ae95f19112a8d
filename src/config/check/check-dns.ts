import { parseDuration } from '../schema/duration.ts';
import type { Draft } from './draft.ts';
import { finding, type Finding } from '../file/problem.ts';
import type { Show } from '../file/references.ts';
import type { ConfigFile } from '../schema/schema.ts';

/** How long answers of DNS servers are valid. */
export function checkDns({ dns }: Draft<ConfigFile>, show: Show): readonly Finding[] {
  const [minMs, maxMs] = [parseDuration(dns?.min_ttl ?? ''), parseDuration(dns?.max_ttl ?? '')];
  if (minMs === undefined || maxMs === undefined || minMs <= maxMs) return [];
  const [here, there] = [
    ['dns', 'min_ttl'],
    ['dns', 'max_ttl'],
  ];
  const message = `min_ttl (${show(here, dns!.min_ttl!)}) must not be longer than max_ttl (${show(there, dns!.max_ttl!)})`;
  return [finding(here, message, { others: [there] })];
}
