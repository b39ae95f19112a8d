/** Which files of tests depend on which files: for `npm test -- --changed`. */
import { dirname, join, normalize } from 'node:path';
import { importsOf } from '../import-rules.ts';

export interface Project {
  /** All paths, from its folder. */
  readonly paths: ReadonlySet<string>;
  readonly read: (path: string) => string;
}

/** What decides how everything runs. */
const AFFECTS_ALL = ['package.json', 'package-lock.json'];
/** `bin/sluice.js` chooses between dist/ and this when it runs. */
const PROGRAM = { from: 'scripts/built.js', to: ['src/main.ts', 'src/compile-cache.ts'] };
const SOURCE = /\.(ts|tsx|js)$/;
/** A path as a test or a worker names it: `new URL('./worker.ts', …)`, `'src/main.ts'`, `join(…, '../docs/parity.md')`. */
const NAMED = /(?<quote>['"`])(?<path>[\w./-]*\.[a-z]+)\k<quote>/g;

/** Those of `tests` that changes of these files can make fail, as far as files are named: what globs find is not seen. */
export function testsThatDependOn(changed: readonly string[], tests: readonly string[], project: Project): string[] {
  if (changed.some((path) => AFFECTS_ALL.includes(path))) return [...tests];
  const reached = new Set(changed);
  const users = usersOf(tests, project);
  // A set visits what is added while it is walked.
  for (const path of reached) for (const user of users.get(path) ?? []) reached.add(user);
  return tests.filter((path) => reached.has(path));
}

/** By file: the files that name it. */
function usersOf(tests: readonly string[], project: Project): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>();
  const walked = new Set(tests);
  for (const path of walked) {
    if (!SOURCE.test(path) || !project.paths.has(path)) continue;
    for (const used of filesNamedIn(path, project)) {
      users.set(used, [...(users.get(used) ?? []), path]);
      walked.add(used);
    }
  }
  return users;
}

function filesNamedIn(path: string, { paths, read }: Project): ReadonlySet<string> {
  const source = read(path);
  const imports = importsOf(source);
  const isTypeOnly = (to: string): boolean => {
    const own = imports.filter((each) => each.to === to);
    return own.length > 0 && own.every(({ isType }) => isType);
  };
  const named = [...source.matchAll(NAMED)].map(({ groups }) => groups!['path']!).filter((to) => !isTypeOnly(to));
  const found = named.flatMap((to) => [normalize(join(dirname(path), to)), normalize(to)]);
  return new Set([...found, ...(path === PROGRAM.from ? PROGRAM.to : [])].filter((to) => paths.has(to)));
}
