/** The shell steps of a release, with stand-ins for docker and gh that write down what they are asked for. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

const root = join(import.meta.dirname, '../../../..');
const GITHUB = {
  GITHUB_ACTOR: 'somebody',
  GITHUB_REF_NAME: 'v1.2.3',
  GITHUB_REPOSITORY: 'Owner/Name',
  GITHUB_SERVER_URL: 'https://git.example',
  GITHUB_SHA: 'c0ffee',
  IMAGE: 'registry.example/Owner/Name',
  REGISTRY_TOKEN: 'a secret',
  VERSION: '1.2.3',
};

function workspace(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-release-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'log');
  mkdirSync(join(folder, 'bin'));
  for (const name of ['docker', 'gh']) {
    const text = `#!/bin/sh\necho "${name} $*" >>"${log}"\ncase "$*" in *password-stdin*) cat >>"${log}.stdin";; esac\n`;
    writeFileSync(join(folder, 'bin', name), text, { mode: 0o755 });
  }
  const run = (script: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) => {
    const PATH = `${join(folder, 'bin')}:${process.env['PATH']}`;
    const options = { encoding: 'utf8', env: { ...GITHUB, ...env, PATH } } as const;
    const { status, stderr } = spawnSync(join(root, 'scripts/release', script), args, options);
    return { status, stderr, calls: existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [] };
  };
  return { folder, run };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('a step of a release', () => {
  it('builds the image with attestations, under a name that a registry accepts, and shows no token', (t) => {
    const { folder, run } = workspace(t);
    const { status, stderr, calls } = run('build-image.sh', [], { PLATFORM: 'arm64' });
    assert.equal(status, 0, stderr);
    assert.equal(calls[0], 'docker login registry.example --username somebody --password-stdin');
    assert.equal(readFileSync(join(folder, 'log.stdin'), 'utf8'), 'a secret');
    const build = calls.at(-1)!;
    for (const words of [
      '--platform linux/arm64 ',
      '--file docker/Dockerfile ',
      '--build-arg VERSION=1.2.3 ',
      '--build-arg REVISION=c0ffee ',
      '--label org.opencontainers.image.source=https://git.example/Owner/Name ',
      '--provenance mode=max ',
      '--sbom true ',
      '--tag registry.example/owner/name:1.2.3-arm64 ',
      '--push',
    ]) {
      assert.ok(build.includes(words), `${words}: ${build}`);
    }
    assert.ok(!calls.join().includes('a secret'));
  });

  it('names the image of all platforms with every tag', (t) => {
    const { run } = workspace(t);
    const { status, calls } = run('tag-image.sh', ['amd64', 'arm64'], { IMAGE_TAGS: '1.2.3 1.2 latest' });
    assert.equal(status, 0);
    const both = 'registry.example/owner/name:1.2.3-amd64 registry.example/owner/name:1.2.3-arm64';
    assert.deepEqual(
      calls.slice(1),
      ['1.2.3', '1.2', 'latest'].map(
        (tag) => `docker buildx imagetools create --tag registry.example/owner/name:${tag} ${both}`,
      ),
    );
  });

  it('publishes what has a checksum, with the notes as its text', (t) => {
    const { folder, run } = workspace(t);
    const files = join(folder, 'files');
    mkdirSync(files);
    for (const name of ['b.tgz', 'a.tar.gz']) writeFileSync(join(files, name), name);
    writeFileSync(join(files, 'notes.md'), '- News.\n');
    assert.equal(run('write-checksums.sh', [files]).status, 0);
    assert.equal(
      readFileSync(join(files, 'SHA256SUMS'), 'utf8'),
      `${sha256('a.tar.gz')}  a.tar.gz\n${sha256('b.tgz')}  b.tgz\n`,
    );
    const { status, calls } = run('publish-github.sh', [files], { PRERELEASE: 'false' });
    assert.equal(status, 0);
    assert.deepEqual(calls, [
      'gh release create v1.2.3 --repo Owner/Name --verify-tag --title v1.2.3 --notes-file notes.md --prerelease=false SHA256SUMS a.tar.gz b.tgz',
    ]);
  });

  it('publishes nothing that has changed since', (t) => {
    const { folder, run } = workspace(t);
    const files = join(folder, 'files');
    mkdirSync(files);
    writeFileSync(join(files, 'a.tgz'), 'a');
    run('write-checksums.sh', [files]);
    writeFileSync(join(files, 'a.tgz'), 'b');
    const { status, calls } = run('publish-github.sh', [files], { PRERELEASE: 'false' });
    assert.notEqual(status, 0);
    assert.deepEqual(calls, []);
  });

  it('refuses a tag that this repository does not agree with', () => {
    const check = (...args: readonly string[]) =>
      spawnSync(process.execPath, [join(root, 'scripts/release/check-release.ts'), ...args], { encoding: 'utf8' });
    const { status, stdout, stderr } = check('v999.0.0');
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(
      stderr,
      /^package\.json has version .*, the tag 999\.0\.0\n.*\nCHANGELOG\.md has no section \[999\.0\.0\]\n$/,
    );
    assert.match(check().stderr, /expected one tag/);
    assert.match(check('v999.0.0', '--branch', 'no-such-branch').stderr, /not on no-such-branch/);
  });
});
