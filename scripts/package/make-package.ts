/**
 * `npm run package`: the npm package in package/, or in the folder given, and its tarball in it. It has the built server with its source maps
 * and types, the dashboard and the migrations, and depends only on what is not in the build. `npm pack` of the
 * repository would publish TypeScript, which Node does not run under node_modules.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withoutBadges } from '../badges.ts';
import { emptyFolder } from '../empty-folder.ts';
import { commitOf } from './commit-of.ts';
import { type LockFile, type PackageHead, shrinkwrap } from './shrinkwrap.ts';
import { UNBUNDLED } from './unbundled.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const output = resolve(process.argv[2] ?? join(root, 'package'));

/** Besides dist/. */
const CONTENTS = [
  'bin',
  'dashboard/dist',
  'docs/man',
  'drizzle/migrations',
  'scripts/built.js',
  'scripts/need-node.js',
  'sluice.example.yaml',
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
];
/** The declarations import its types. */
const TYPES = ['@sinclair/typebox'];
/** The app of a program that uses `sluice/plugins` has it; nothing else needs it. */
const PEERS = { fastify: '^5.0.0' };

const json = <T>(name: string): T => JSON.parse(readFileSync(join(root, name), 'utf8')) as T;
const run = (program: string, args: readonly string[], cwd = root): string =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

const {
  private: _private,
  scripts: _scripts,
  workspaces: _workspaces,
  devDependencies: _devDependencies,
  optionalDependencies: _optionalDependencies,
  allowScripts: _allowScripts,
  dependencies,
  ...published
} = json<PackageHead & Record<string, unknown>>('package.json');
const direct = [...TYPES, ...UNBUNDLED].sort();
const commit = commitOf(root);
const head = {
  ...published,
  build: 'package',
  ...repositoryOf(process.env),
  ...(commit === undefined ? {} : { gitHead: commit }),
  dependencies: Object.fromEntries(direct.map((name) => [name, dependencies[name]!])),
  peerDependencies: PEERS,
  peerDependenciesMeta: Object.fromEntries(Object.keys(PEERS).map((name) => [name, { optional: true }])),
};

if (!existsSync(join(root, 'dashboard/dist/index.html'))) run(process.execPath, ['scripts/build.js', '--quiet']);
// What an earlier run that failed has left in the usual folder is nobody else's.
if (process.argv[2] === undefined) rmSync(output, { recursive: true, force: true });
else emptyFolder(output, 'npm-shrinkwrap.json');
run(process.execPath, ['scripts/build-server.ts', '--out', join(output, 'dist')]);
for (const name of CONTENTS) cpSync(join(root, name), join(output, name), { recursive: true });
for (const name of globSync('dist/*.map', { cwd: output })) dropSources(join(output, name));
const readme = join(output, 'README.md');
writeFileSync(readme, withoutBadges(readFileSync(readme, 'utf8')));
write('package.json', head);
write('npm-shrinkwrap.json', shrinkwrap(json<LockFile>('package-lock.json'), head));
const [tarball] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts'], output)) as [
  { filename: string; size: number; unpackedSize: number; entryCount: number },
];
const { filename, size, unpackedSize, entryCount } = tarball;
console.log(`${join(output, filename)}: ${entryCount} files, ${mib(size)}, unpacked ${mib(unpackedSize)}`);

/** Stack traces need positions only; the sources are half of the package. */
function dropSources(path: string): void {
  const { sourcesContent: _, ...map } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify(map));
}

function write(name: string, value: object): void {
  writeFileSync(join(output, name), `${JSON.stringify(value, null, 2)}\n`);
}

/** npm's provenance wants the package to name the repository that it is built from. */
function repositoryOf({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository }: NodeJS.ProcessEnv): object {
  if (server === undefined || repository === undefined) return {};
  return { repository: { type: 'git', url: `git+${server}/${repository}.git` } };
}

function mib(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
