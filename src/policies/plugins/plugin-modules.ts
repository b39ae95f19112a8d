/**
 * Loads plugins' files into this thread, and again when they have changed. Modules are never unloaded, and an import of a
 * file that was loaded before returns the old one, also where another file imports it: so every local file of a plugin is
 * loaded under a URL that carries the plugin's revision. Packages are loaded once.
 */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/** In the query of a module's URL. */
const REVISION = 'sluice-revision';
/** What `import … from 'sluice'` is, wherever the plugin lies: no installation beside it is needed. */
const OWN = new URL('../../sluice.ts', import.meta.url).href;

let areHooksSet = false;

/** Rejects with what the module throws, or with an error of Node if it cannot be loaded. */
export async function importRevision(file: string, revision: string): Promise<unknown> {
  if (!areHooksSet) setHooks();
  areHooksSet = true;
  const url = pathToFileURL(file);
  url.searchParams.set(REVISION, revision);
  const module = (await import(url.href)) as { readonly default?: unknown };
  return module.default;
}

function setHooks(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const revision = revisionOf(context.parentURL);
      if (revision === null) return next(specifier, context);
      if (specifier === 'sluice') return { url: OWN, shortCircuit: true };
      const resolved = next(specifier, context);
      if (!resolved.url.startsWith('file:') || resolved.url.includes('/node_modules/')) return resolved;
      const url = new URL(resolved.url);
      url.searchParams.set(REVISION, revision);
      return { ...resolved, url: url.href };
    },
  });
}

function revisionOf(url: string | undefined): string | null {
  return url?.startsWith('file:') === true && url.includes(REVISION) ? new URL(url).searchParams.get(REVISION) : null;
}
