/** Files that only a release has. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';

const root = join(import.meta.dirname, '../..');

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-release-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

it('the bill of materials has what is shipped, from the lock file, and no tools', (t) => {
  const file = join(temporaryFolder(t), 'sluice.cdx.json');
  execFileSync(process.execPath, ['scripts/release/write-sbom.ts', file], { cwd: root });
  const { bomFormat, metadata, components } = JSON.parse(readFileSync(file, 'utf8')) as Sbom;
  const { version, packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  assert.deepEqual([bomFormat, metadata.component.purl], ['CycloneDX', `pkg:npm/sluice@${version}`]);
  const found = new Map(components.map((component) => [component.name, component]));
  for (const name of ['fastify', 'undici', 'react-dom', 'uplot']) {
    assert.equal(found.get(name)?.version, packages[`node_modules/${name}`]!.version, name);
    assert.equal(found.get(name)?.hashes?.[0]?.alg, 'SHA-512', name);
  }
  assert.equal(found.get('node')?.version, process.versions.node);
  for (const name of ['vite', 'typescript', 'oxlint', 'playwright-core']) assert.ok(!found.has(name), name);
});

it('the archive of an executable has it with its mode, its man page, and the licences', (t) => {
  const folder = temporaryFolder(t);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  writeFileSync(join(folder, 'any'), '#!/bin/sh\n', { mode: 0o755 });
  const words = ['scripts/release/pack-executable.ts', join(folder, 'any'), folder];
  const archive = execFileSync(process.execPath, words, { cwd: root, encoding: 'utf8' }).trim();
  const name = `sluice-${version}-${process.platform}-${process.arch}`;
  assert.equal(archive, join(folder, `${name}.tar.gz`));
  const listed = execFileSync('tar', ['--list', '--verbose', '--file', archive], { encoding: 'utf8' });
  assert.match(listed, new RegExp(`^-rwxr-xr-x .* ${name}/sluice$`, 'm'));
  for (const file of ['LICENSE', 'sluice.1']) assert.match(listed, new RegExp(` ${name}/${file}$`, 'm'));
});

interface Sbom {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly purl: string } };
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly hashes?: readonly { readonly alg: string }[];
  }[];
}

interface LockFile {
  readonly version: string;
  readonly packages: Readonly<Record<string, { readonly version: string }>>;
}
