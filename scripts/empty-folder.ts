import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Removes what an earlier run wrote into a folder. Throws if something else is in it, such as a home that was named by
 * mistake.
 *
 * @param mark a file that only such a run writes
 */
export function emptyFolder(folder: string, mark: string): void {
  if (existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(join(folder, mark))) {
    throw new Error(`${folder} contains something else; allowed: a new or empty folder, or the one of an earlier run`);
  }
  rmSync(folder, { recursive: true, force: true });
}
