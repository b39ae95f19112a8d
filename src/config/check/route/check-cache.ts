import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import type { RouteFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';

/** A cache that could store nothing, or not what it seems to. */
export function checkCache({ cache }: Draft<RouteFile>, here: Path): readonly Finding[] {
  if (cache === undefined) return [];
  const findings: Finding[] = [];
  const { max_bytes: max, max_entry_bytes: entry, key } = cache;
  if (max !== undefined && entry !== undefined && entry > max) {
    findings.push(finding([...here, 'cache', 'max_entry_bytes'], `found ${entry}; allowed: at most max_bytes, ${max}`));
  }
  if (key?.query?.includes('*') === true && key.query.length > 1) {
    findings.push(finding([...here, 'cache', 'key', 'query'], '"*" is the whole query: name no other parameter'));
  }
  return findings;
}
