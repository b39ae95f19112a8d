/**
 * `npm run release -- 1.2.3`: writes the version into package.json, package-lock.json and deploy/, and turns what
 * CHANGELOG.md has under Unreleased into its section. The commit and the tag are yours (CONTRIBUTING.md).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { released } from './changelog.ts';
import { DEPLOYED, withVersion } from './deployed-version.ts';
import { releaseOf } from './release-facts.ts';

const root = join(import.meta.dirname, '../..');
const [version] = process.argv.slice(2);
const path = (name: string): string => join(root, name);
const read = (name: string): string => readFileSync(path(name), 'utf8');

try {
  if (version === undefined) throw new Error('expected a version, such as 1.2.3');
  const changelog = released(read('CHANGELOG.md'), version, new Date().toISOString().slice(0, 10));
  // Refuses what could not be tagged.
  releaseOf(`v${version}`, { packageVersion: version, lockVersion: version, changelog });
  for (const name of ['package.json', 'package-lock.json']) {
    const file = JSON.parse(read(name)) as { version: string; packages?: Record<string, { version: string }> };
    file.version = version;
    if (file.packages !== undefined) file.packages['']!.version = version;
    writeFileSync(path(name), `${JSON.stringify(file, null, 2)}\n`);
  }
  for (const name of DEPLOYED) writeFileSync(path(name), withVersion(read(name), version));
  writeFileSync(path('CHANGELOG.md'), changelog);
  console.log(
    `prepared ${version}. Now: npm run docs, look at the diff, commit it on main, then: git tag v${version} && git push origin v${version}`,
  );
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
