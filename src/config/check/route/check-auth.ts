import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import type { RouteFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';

const KINDS = ['api_key', 'basic'] as const satisfies readonly (keyof NonNullable<RouteFile['auth']>)[];

/** What a route demands of its callers: contradictions in it. */
export function checkAuth({ auth }: Draft<RouteFile>, here: Path): readonly Finding[] {
  if (auth === undefined) return [];
  const findings: Finding[] = [];
  if (KINDS.every((kind) => auth[kind] === undefined)) {
    findings.push(finding([...here, 'auth'], `demands nothing; add one of: ${KINDS.join(', ')}`));
  }
  return [...findings, ...checkUsers(auth.basic?.users ?? [], [...here, 'auth', 'basic', 'users'])];
}

function checkUsers(users: readonly ({ readonly name?: string | undefined } | undefined)[], here: Path): Finding[] {
  const first = new Map<string, number>();
  return users.flatMap((user, at) => {
    if (user?.name === undefined) return [];
    const before = first.get(user.name);
    if (before === undefined) first.set(user.name, at);
    return before === undefined ? [] : [finding([...here, String(at), 'name'], `the same as of users.${before}`)];
  });
}
