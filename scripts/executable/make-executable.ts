/**
 * `npm run executable`: Sluice as one file, `executable/sluice` or in the folder given, for the platform and with the
 * Node that run this. It needs neither Node nor packages, and writes nothing of its own to disk: code, dashboard and
 * migrations stay inside (boot.js), as assets of a single executable application
 * (https://nodejs.org/api/single-executable-applications.html).
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { commitOf } from '../package/commit-of.ts';
import { UNBUNDLED } from '../package/unbundled.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const output = resolve(process.argv[2] ?? join(root, 'executable'));
const executable = join(output, 'sluice');
const require = createRequire(import.meta.url);

/** Node's own mark, which says whether a program has been added (the documentation above). */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const STATIC_FILES = { '@fastify/static': join(root, 'scripts/executable/static-files.ts') };
const NEVER_READ = /\.map$|(?:^|\/)types\//;

if (process.platform !== 'linux') {
  console.error(`executables are made and tested on Linux; this is ${process.platform}`);
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'sluice-executable-'));
try {
  await make();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function make(): Promise<void> {
  const contents = join(folder, 'contents');
  run(process.execPath, ['scripts/build-server.ts', '--out', join(contents, 'dist'), '--executable']);
  if (!existsSync(join(root, 'dashboard/dist/index.html'))) run(process.execPath, ['scripts/build.js', '--quiet']);
  for (const name of ['dashboard/dist', 'drizzle/migrations'])
    cpSync(join(root, name), join(contents, name), { recursive: true });
  cpSync(
    join(dirname(require.resolve('@fastify/swagger-ui/package.json')), 'static'),
    join(contents, 'packages/swagger-ui/static'),
    { recursive: true },
  );
  const bundled = await bundlePackages(contents);
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>;
  const commit = commitOf(root);
  const head = { name, version, build: 'executable', ...(commit === undefined ? {} : { gitHead: commit }) };
  writeFileSync(join(contents, 'package.json'), JSON.stringify(head));
  inject(contents, bundled);
  console.log(`${executable}: ${(statSync(executable).size / 1_048_576).toFixed(1)} MiB`);
}

/** Each in one file. They look for their own in the folder that they would have: lib/ is where swagger-ui does. */
async function bundlePackages(contents: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of UNBUNDLED) {
    const file = `packages/${name.split('/').at(-1)}/lib/bundled.cjs`;
    const bundle = await rolldown({
      input: require.resolve(name),
      platform: 'node',
      resolve: { alias: STATIC_FILES },
      logLevel: 'silent',
    });
    await bundle.write({ file: join(contents, file), format: 'cjs', minify: true, codeSplitting: false });
    await bundle.close();
    files[name] = file;
  }
  return files;
}

function inject(contents: string, bundled: Record<string, string>): void {
  const own = (name: string): string => join(root, 'scripts/executable', name);
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const names = globSync('**/*', { cwd: contents })
    .filter((name) => !NEVER_READ.test(name) && statSync(join(contents, name)).isFile())
    .sort();
  const assets = {
    ...Object.fromEntries(names.map((name) => [name, join(contents, name)])),
    'boot.js': own('boot.js'),
    'start.cjs': own('start.cjs'),
    'bundled.json': write('bundled.json', JSON.stringify(bundled)),
    'assets.json': write('assets.json', JSON.stringify(names)),
  };
  const start = "require('node:module').createRequire(process.execPath)(`${process.execPath}/start.cjs`);";
  const config = {
    main: write('main.cjs', `${readFileSync(own('boot.js'), 'utf8')}\n${start}\n`),
    output: join(folder, 'program.blob'),
    disableExperimentalSEAWarning: true,
    assets,
  };
  run(process.execPath, ['--experimental-sea-config', write('sea.json', JSON.stringify(config))]);
  mkdirSync(output, { recursive: true });
  rmSync(executable, { force: true });
  copyFileSync(process.execPath, executable);
  chmodSync(executable, 0o755);
  run(process.execPath, [
    require.resolve('postject/dist/cli.js'),
    executable,
    'NODE_SEA_BLOB',
    config.output,
    '--sentinel-fuse',
    FUSE,
  ]);
}

/** Its output only if it fails: postject warns of sections that it does not understand, and leaves alone. */
function run(program: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  if (status === 0) return;
  process.stderr.write(stdout + stderr);
  throw new Error(`${program} ${args.join(' ')} failed`);
}
