import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import type { RouteFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';
import { ownFieldReason } from './check-field-changes.ts';

/**
 * One way to know the cost of an answer, and an estimate that it may reach.
 *
 * @param isGiven whether `cost_from` has a key, whatever its value
 */
export function checkCost(route: Draft<RouteFile>, here: Path, isGiven: (key: string) => boolean): readonly Finding[] {
  const { cost_from: from } = route;
  if (from === undefined) return [];
  const at = [...here, 'cost_from'];
  const findings: Finding[] = [];
  const { header, estimate, max, hide } = from;
  if (isGiven('header') && isGiven('json')) {
    findings.push(finding([...at, 'json'], 'excludes header: keep one of them', { others: [[...at, 'header']] }));
  } else if (!isGiven('header') && !isGiven('json')) {
    findings.push(finding(at, 'does not say where the cost is; add header or json'));
  }
  if (hide === true && !isGiven('header')) findings.push(finding([...at, 'hide'], 'needs header, which it hides'));
  const reason = header === undefined ? undefined : ownFieldReason(header);
  if (reason !== undefined) findings.push(finding([...at, 'header'], reason));
  const taken = estimate ?? route.cost ?? 1;
  if (max !== undefined && taken > max) {
    const other = estimate === undefined ? [...here, 'cost'] : [...at, 'estimate'];
    findings.push(finding([...at, 'max'], `is less than the estimate, ${taken}`, { others: [other] }));
  }
  return findings;
}
