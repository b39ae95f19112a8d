/**
 * The server as a few JavaScript files in dist/, with the used parts of its packages: it starts in 0.6 of the time and
 * takes 0.7 of the memory of the sources, which are 1,200 modules in the control thread and 600 in each traffic thread
 * (npm run bench: embedded-database).
 *
 * `--out FOLDER`: there, with source maps for stack traces under --enable-source-maps. With `--executable`: as
 * scripts/executable takes it, without maps and types.
 *
 * All files are in one folder, so a path that a source builds from `import.meta.url` is rewritten; TypeScript that is
 * loaded this way (workers, the package's entry) becomes a file of its own.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Plugin, rolldown } from 'rolldown';
import { builtName } from './built.js';
import { pruneDeclarations } from './package/prune-declarations.ts';
import { UNBUNDLED } from './package/unbundled.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const { out, executable = false } = parseArgs({
  options: { out: { type: 'string' }, executable: { type: 'boolean' } },
}).values;
const output = out ?? join(root, 'dist');

const OWN_URL = /new URL\(\s*'(\.[^']+)',\s*import\.meta\.url,?\s*\)/g;
/** Equivalents within a bundle. */
const PLACED = /new URL\('\.[^']+', import\.meta\.url\)|createRequire\(import\.meta\.url\)/g;
const CREATE_REQUIRE = /^const require = createRequire\(import\.meta\.url\);$/m;
const REQUIRED = /\brequire\('([^']+)'\)/g;

const ownPaths: Plugin = {
  name: 'own-paths',
  transform(code, id) {
    if (!id.startsWith(root) || id.includes('node_modules') || !code.includes('import.meta.')) return null;
    const placed = code.replace(OWN_URL, (text, path: string) => {
      const target = resolve(dirname(id), path);
      if (!target.endsWith('.ts')) {
        const isFolder = path.endsWith('/');
        return `new URL('${relative(join(root, 'dist'), target)}${isFolder ? '/' : ''}', import.meta.url)${linesOf(text)}`;
      }
      const fileName = builtName(target);
      this.emitFile({ type: 'chunk', id: target, fileName });
      return `new URL('./${fileName}', import.meta.url)${linesOf(text)}`;
    });
    const bundled = bundleRequired(placed);
    const left = /import\.meta\.(url|main|filename|dirname)\b/.exec(bundled.replaceAll(PLACED, ''));
    if (left !== null) throw new Error(`${relative(root, id)}: ${left[0]} has no meaning in a bundle`);
    // Lines stay where they are, so the map needs no change.
    return { code: bundled, map: null };
  },
};

/**
 * Of Node's modules: as a module's import, each reads all its exports, and one of `http` loads Node's own undici: 40 ms in each
 * thread. In the bundle they are objects, whose exports are read where they are used.
 */
const LAZY = /^(?:node:)?(http|fs)$/;
const LAZY_ID = '\0node:';

const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  resolveId(id) {
    const name = LAZY.exec(id)?.[1];
    return name === undefined ? null : LAZY_ID + name;
  },
  load(id) {
    if (!id.startsWith(LAZY_ID)) return null;
    return `module.exports = process.getBuiltinModule('${id.slice(LAZY_ID.length)}');`;
  },
};

/**
 * @fastify/reply-from loads undici to recognize its classes, which takes a fifth of a traffic thread's start; it forwards
 * with a client of ours.
 */
const UNDICI_ID = '\0unused-undici';
const UNDICI_CLASSES = ['Agent', 'BalancedPool', 'Client', 'Dispatcher', 'Pool', 'ProxyAgent'];

const unusedUndici: Plugin = {
  name: 'unused-undici',
  resolveId(id, importer) {
    return id === 'undici' && importer?.includes('/@fastify/reply-from/') === true ? UNDICI_ID : null;
  },
  load(id) {
    if (id !== UNDICI_ID) return null;
    return UNDICI_CLASSES.map((name) => `exports.${name} = class {};`).join('\n');
  },
};

/** As many line breaks as the text has. */
function linesOf(text: string): string {
  return '\n'.repeat(text.split('\n').length - 1);
}

/** Packages that are loaded as CommonJS to start faster, which a single file does not need. */
function bundleRequired(code: string): string {
  if (!CREATE_REQUIRE.test(code)) return code;
  const imports: string[] = [];
  const body = code.replace(CREATE_REQUIRE, '').replace(REQUIRED, (_, name: string) => {
    imports.push(`import * as required${imports.length} from '${name}';`);
    return `required${imports.length - 1}`;
  });
  return `${imports.join('')}${body}`;
}

rmSync(output, { recursive: true, force: true });
const bundle = await rolldown({
  input: {
    main: join(root, 'src/main.ts'),
    'compile-cache': join(root, 'src/compile-cache.ts'),
    plugins: join(root, 'src/plugins.ts'),
    testing: join(root, 'src/testing.ts'),
  },
  platform: 'node',
  ...(executable
    ? { resolve: { alias: { '@fastify/static': join(root, 'scripts/executable/static-files.ts') } } }
    : {}),
  external: (id) => UNBUNDLED.some((name) => id === name || id.startsWith(`${name}/`)),
  plugins: [ownPaths, lazyBuiltins, unusedUndici],
  onLog(level, log) {
    if (level === 'warn') throw new Error(log.message);
  },
});
await bundle.write({
  dir: output,
  format: 'esm',
  sourcemap: out !== undefined && !executable,
  // Names are kept for stack traces.
  keepNames: true,
  minify: { compress: true, mangle: true, codegen: { removeWhitespace: true } },
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
});
await bundle.close();

if (executable) process.exit();

// Types of the package's entries, for configurations in code, plugins and their tests. Plain declarations: a package's sources would be checked
// with its user's settings.
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const settings = '--ignoreConfig --target es2024 --module nodenext --strict --allowImportingTsExtensions --types node';
const entries = ['src/sluice.ts', 'src/plugins.ts', 'src/testing/test-gateway.ts'];
const only = [
  '--declaration',
  '--emitDeclarationOnly',
  '--rootDir',
  'src',
  '--outDir',
  join(output, 'types'),
  ...entries,
];
const { status } = spawnSync(process.execPath, [tsc, ...settings.split(' '), ...only], { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
pruneDeclarations(
  join(output, 'types'),
  entries.map((name) => relative('src', name).replace(/ts$/, 'd.ts')),
);
