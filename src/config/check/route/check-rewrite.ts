import { hasDotSegment } from '../../../http/dot-segment.ts';
import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import type { RouteFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';
import { checkGroups } from './check-groups.ts';

const WAYS = ['prefix', 'path', 'regex'] as const;

/** One way to rewrite the path, with groups that its expression has. */
export function checkRewrite(route: Draft<RouteFile>, here: Path): readonly Finding[] {
  const { rewrite } = route;
  if (rewrite === undefined) return [];
  const at = [...here, 'rewrite'];
  const [first, second] = WAYS.filter((key) => rewrite[key] !== undefined);
  if (second !== undefined) {
    return [finding([...at, second], `excludes ${first}: keep one of them`, { others: [[...at, first!]] })];
  }
  const findings: Finding[] = [];
  const { prefix, path, regex, to } = rewrite;
  if (to !== undefined && regex === undefined)
    findings.push(finding([...at, 'to'], 'needs regex, whose match it replaces'));
  if (to === undefined && regex !== undefined) findings.push(finding([...at, 'to'], 'missing; regex needs it'));
  if (prefix !== undefined) findings.push(...checkPrefix(route, prefix, here));
  if (route.strip_prefix === true && prefix === undefined) {
    findings.push(finding([...here, 'strip_prefix'], 'excludes rewrite: keep one of them', { others: [at] }));
  }
  if (to !== undefined && regex !== undefined) findings.push(...checkGroups(to, regex, 'regex', [...at, 'to']));
  if (path !== undefined) findings.push(...checkGroups(path, route.path_regex, 'path_regex', [...at, 'path']));
  return findings;
}

function checkPrefix(route: Draft<RouteFile>, prefix: string, here: Path): readonly Finding[] {
  const at = [...here, 'rewrite', 'prefix'];
  if (prefix.includes('//') || hasDotSegment(prefix) || /%(?![0-9a-fA-F]{2})/.test(prefix)) {
    return [finding(at, 'must not contain `//`, `.` and `..` as segments, or half an escape')];
  }
  if (route.path !== undefined || route.path_regex !== undefined) {
    return [finding(at, 'needs path_prefix, which it replaces; use rewrite.path or rewrite.regex here')];
  }
  if (route.strip_prefix !== true) return [];
  const others = [[...here, 'strip_prefix']];
  return [finding(at, 'excludes strip_prefix: it replaces what that removes; keep one of them', { others })];
}
