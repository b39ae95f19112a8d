import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import { FORMATS } from '../../schema/formats.ts';
import type { RouteFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';

/** Contradictions in `split`, besides pools that do not exist. */
export function checkSplit(
  { split, split_by: by, split_failover: failover }: Draft<RouteFile>,
  here: Path,
): readonly Finding[] {
  if (split === undefined) {
    const useless = [...(by === 'request' ? ['split_by'] : []), ...(failover === false ? ['split_failover'] : [])];
    return useless.map((key) => finding([...here, key], 'needs split, which it is about'));
  }
  const findings: Finding[] = [];
  for (const [at, share] of split.entries()) {
    for (const kind of ['header', 'cookie'] as const) {
      // A cookie's name is a token, too (RFC 6265, 4.1.1).
      for (const name of Object.keys(share?.[kind] ?? {})) {
        if (FORMATS['header-name'].reject(name) === undefined) continue;
        const message = `is not ${kind === 'header' ? FORMATS['header-name'].allowed : "a cookie's name"}`;
        findings.push(finding([...here, 'split', String(at), kind, name], message, { atKey: true }));
      }
    }
  }
  if (split.length > 0 && split.every((share) => share?.weight === 0)) {
    const message = 'every weight is 0; one pool needs more, for requests that no header or cookie decides';
    findings.push(finding([...here, 'split'], message));
  }
  return findings;
}
