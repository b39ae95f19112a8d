/** Names in the data folder. */
import { join } from 'node:path';

/** The embedded database. */
export function sqlitePath(dataDir: string): string {
  return join(dataDir, 'sluice.db');
}

/** Where versions before 0.2 kept theirs. */
export function pgliteFolder(dataDir: string): string {
  return join(dataDir, 'pglite');
}
