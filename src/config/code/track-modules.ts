/**
 * Which files a configuration in code consists of: noted on its thread while they are loaded, also if it never ends.
 * Packages are not among them; they change with an installation, not while a gateway runs.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What `import … from 'sluice'` is, wherever the configuration lies: no installation beside it is needed. */
const OWN = new URL('../../sluice.ts', import.meta.url).href;

export interface FailedImport {
  readonly specifier: string;
  /** Of the importing module. */
  readonly parent: string;
}

export interface Tracked {
  /** Absolute, in the order of loading. */
  readonly files: readonly string[];
  /** The import that found nothing, by its error. */
  readonly failures: ReadonlyMap<unknown, FailedImport>;
}

/** @param note gets each file before it is loaded, with the hash of its contents; null: it is missing. */
export function trackModules(note: (file: string, hash: string | null) => void): Tracked {
  const files: string[] = [];
  const failures = new Map<unknown, FailedImport>();
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'sluice') return { url: OWN, shortCircuit: true };
      try {
        return next(specifier, context);
      } catch (error) {
        const parent = localFile(context.parentURL);
        if (parent !== undefined) failures.set(error, { specifier, parent });
        const missing = localFile((error as { readonly url?: string }).url);
        if (missing !== undefined) note(missing, null);
        throw error;
      }
    },
    load(url, context, next) {
      const file = url === OWN ? undefined : localFile(url);
      if (file !== undefined) {
        files.push(file);
        note(file, hashOf(file));
      }
      return next(url, context);
    },
  });
  return { files, failures };
}

/** Null: it cannot be read. */
export function hashOf(file: string): string | null {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return null;
  }
}

function localFile(url: string | undefined): string | undefined {
  if (url === undefined || !url.startsWith('file:')) return undefined;
  const file = fileURLToPath(url);
  return /[\\/]node_modules[\\/]/.test(file) ? undefined : file;
}
