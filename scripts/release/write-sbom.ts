/**
 * `node scripts/release/write-sbom.ts FILE`: the packages that are in what is released, as a CycloneDX document of
 * `npm sbom`. These are the dependencies, most of which are built into the server, and what the dashboard imports,
 * which package.json has as development packages. The executables and the image have a Node as well.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { importsOf } from '../import-rules.ts';
import { type LockFile, type PackageHead, shrinkwrap } from '../package/shrinkwrap.ts';

const root = join(import.meta.dirname, '../..');
const [output] = process.argv.slice(2);
if (output === undefined) {
  console.error('expected the name of the file to write');
  process.exit(1);
}
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const { name, version, license, bin, engines, dependencies, devDependencies } = JSON.parse(
  read('package.json'),
) as PackageHead & { readonly devDependencies: Readonly<Record<string, string>> };

const inDashboard = new Set(
  globSync('dashboard/src/**/*.{ts,tsx}', { cwd: root })
    .flatMap((path) => importsOf(read(path)))
    .filter(({ isType, to }) => !isType && !to.startsWith('.'))
    .map(({ to }) => /^(?:@[^/]+\/)?[^/]+/.exec(to)![0]),
);
const shipped = Object.entries(devDependencies).filter(([each]) => inDashboard.has(each));
const head: PackageHead = {
  name,
  version,
  license,
  bin,
  engines,
  dependencies: { ...dependencies, ...Object.fromEntries(shipped) },
};

const folder = mkdtempSync(join(tmpdir(), 'sluice-sbom-'));
try {
  const project = join(folder, name);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify(head));
  const lock = shrinkwrap(JSON.parse(read('package-lock.json')) as LockFile, head);
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify(lock));
  const words = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only', '--omit=dev'];
  const { status, stdout, stderr } = spawnSync('npm', words, { cwd: project, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`);
  const document = JSON.parse(stdout) as { components: object[] };
  document.components.push(nodeComponent());
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, `${JSON.stringify(document, null, 2)}\n`);
  console.log(`${output}: ${document.components.length} components`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function nodeComponent(): object {
  const { node } = process.versions;
  return {
    'bom-ref': `node@${node}`,
    type: 'platform',
    name: 'node',
    version: node,
    scope: 'optional',
    description: 'In the executables and the image',
    purl: `pkg:generic/node@${node}`,
  };
}
