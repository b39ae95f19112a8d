// For `node --import`: worker threads whose source is a file of its own in dist/ run that, which starts in a third of the
// time. JavaScript, because every worker loads it. Only where dist/ is current.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { builtName } from '../built.js';

if (!isMainThread) {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const isEntry = context.parentURL === undefined;
      if (!isEntry || !found.url.endsWith('.ts')) return found;
      const built = new URL(`../../dist/${builtName(fileURLToPath(found.url))}`, import.meta.url);
      return existsSync(built) ? { ...found, url: built.href, format: 'module' } : found;
    },
  });
}
