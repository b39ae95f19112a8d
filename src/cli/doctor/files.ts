/** Files with secrets that others on the machine can read. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { failed, type Finding, ok, warning } from './finding.ts';

export interface PrivateFile {
  readonly path: string;
  /** `configuration`, `key`, `database`. */
  readonly kind: string;
}

const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;

/** Those of the data folder, too. */
export function checkFiles(files: readonly PrivateFile[], dataDir: string): readonly Finding[] {
  const inFolder = namesIn(dataDir).map((name) => ({ path: join(dataDir, name), kind: 'database' }));
  const found = [...files, ...inFolder].flatMap(({ path, kind }) => {
    const mode = modeOf(path);
    if (mode === null) return [];
    const who = mode & OTHERS_WRITE ? 'written' : mode & OTHERS_READ ? 'read' : null;
    if (who === null) return [];
    // A folder that others cannot enter protects what is in it.
    if (kind === 'database' && !((modeOf(dataDir) ?? 0) & 0o001)) return [];
    const why = `it has secrets (${kind}), and everybody on this machine can have them`;
    const make = kind === 'key' || who === 'written' ? failed : warning;
    return [make('files', `${path} can be ${who} by others`, why, `chmod o= ${path}`)];
  });
  return found.length > 0 ? found : [ok('files', 'no file with secrets is open to others')];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /\.(db|pem|key)$/.test(name));
  } catch {
    return [];
  }
}

/** Null: it is not there, or not for us to see; who reads the file reports that. */
function modeOf(path: string): number | null {
  try {
    return statSync(path).mode;
  } catch {
    return null;
  }
}
