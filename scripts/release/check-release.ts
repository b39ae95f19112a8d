/**
 * `node scripts/release/check-release.ts v1.2.3 [--notes FILE] [--branch REF]`: whether package.json, package-lock.json
 * and CHANGELOG.md agree with the tag, and the commit is on the branch. Prints what the workflow goes on with, as
 * `name=value`; writes the section of the changelog to FILE.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { releaseOf } from './release-facts.ts';

const root = join(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  options: { notes: { type: 'string' }, branch: { type: 'string' } },
  allowPositionals: true,
});
const [tag] = positionals;
if (tag === undefined || positionals.length > 1) fail('expected one tag, such as v1.2.3');

const { branch, notes } = values;
if (branch !== undefined) {
  const { status } = spawnSync('git', ['merge-base', '--is-ancestor', 'HEAD', branch], { cwd: root });
  if (status !== 0) fail(`this commit is not on ${branch}: merge it before it is tagged`);
}
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const versionIn = (name: string): string => (JSON.parse(read(name)) as { version: string }).version;
try {
  const release = releaseOf(tag, {
    packageVersion: versionIn('package.json'),
    lockVersion: versionIn('package-lock.json'),
    changelog: read('CHANGELOG.md'),
  });
  if (notes !== undefined) {
    mkdirSync(dirname(notes), { recursive: true });
    writeFileSync(notes, release.notes);
  }
  console.log(`version=${release.version}`);
  console.log(`prerelease=${release.isPrerelease}`);
  console.log(`dist_tag=${release.distTag}`);
  console.log(`image_tags=${release.imageTags.join(' ')}`);
} catch (error) {
  fail((error as Error).message);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
