// The first code of the executable, on each of its threads: modules below its own path come from its assets. Runs
// before any module can be loaded, as part of a CommonJS module in the main thread and as a script in workers
// (src/config/code/worker-arguments.ts), so it imports nothing.
{
  const { registerHooks } = process.getBuiltinModule('node:module');
  const { getAsset } = process.getBuiltinModule('node:sea');
  const { pathToFileURL } = process.getBuiltinModule('node:url');

  /** A file with something below it: no disk can have that, so it stands for what is inside. */
  const inside = pathToFileURL(process.execPath).href + '/';
  const bundled = JSON.parse(getAsset('bundled.json', 'utf8'));

  const formatOf = (url) => (url.endsWith('.cjs') ? 'commonjs' : 'module');
  const urlOf = (specifier, parentURL) => {
    if (specifier.startsWith('/')) return pathToFileURL(specifier).href;
    if (specifier.startsWith('file:')) return specifier;
    if (!parentURL?.startsWith(inside)) return undefined;
    if (specifier.startsWith('.')) return new URL(specifier, parentURL).href;
    return Object.hasOwn(bundled, specifier) ? inside + bundled[specifier] : undefined;
  };

  registerHooks({
    resolve(specifier, context, next) {
      const url = urlOf(specifier, context.parentURL);
      if (url?.startsWith(inside) !== true) return next(specifier, context);
      return { url, format: formatOf(url), shortCircuit: true };
    },
    load(url, context, next) {
      if (!url.startsWith(inside)) return next(url, context);
      const source = getAsset(decodeURI(url.slice(inside.length)), 'utf8');
      return { format: formatOf(url), source, shortCircuit: true };
    },
  });
}
