/** tsc declares every module of a program: this removes what none of the entries' declarations refers to. */
import { globSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const IMPORTED = /(?:from |import\()'(\.[^']+)\.ts'/g;

/** @param entries of declarations, relative to `folder` */
export function pruneDeclarations(folder: string, entries: readonly string[]): void {
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const [, path] of readFileSync(join(folder, name), 'utf8').matchAll(IMPORTED)) {
      visit(join(dirname(name), `${path}.d.ts`));
    }
  };
  for (const entry of entries) visit(entry);
  for (const name of globSync('**/*.d.ts', { cwd: folder })) if (!reached.has(name)) rmSync(join(folder, name));
}
