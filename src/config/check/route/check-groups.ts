import { Template } from '../../../core/template.ts';
import { LinearExpression } from '../../../net/linear-expression.ts';
import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';

/** `{group.N}` without such a group would always be empty. */
export function checkGroups(
  template: string,
  expression: string | undefined,
  key: string,
  path: Path,
): readonly Finding[] {
  const groups = new Template(template).argumentsOf('group');
  const [first] = groups;
  if (first === undefined) return [];
  if (expression === undefined) return [finding(path, `{group.${first}} needs ${key}, whose group it is`)];
  const { groupCount } = new LinearExpression(expression);
  const wrong = groups.find((group) => !/^(?:0|[1-9][0-9]*)$/.test(group) || Number(group) > groupCount);
  if (wrong === undefined) return [];
  return [finding(path, `there is no {group.${wrong}}: ${key} has the groups 0 to ${groupCount}, 0 being all of it`)];
}
