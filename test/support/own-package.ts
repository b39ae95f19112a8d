/** For a test of an example: `import … from 'sluice'` is the source, whatever is in dist/. Import it before the example. */
import { registerHooks } from 'node:module';

const ENTRIES: Readonly<Record<string, string>> = {
  sluice: new URL('../../src/sluice.ts', import.meta.url).href,
  'sluice/plugins': new URL('../../src/plugins.ts', import.meta.url).href,
  'sluice/testing': new URL('../../src/testing.ts', import.meta.url).href,
};

registerHooks({
  resolve(specifier, context, next) {
    const url = ENTRIES[specifier];
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
  },
});
