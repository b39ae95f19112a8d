import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEPLOYED, versionsIn, withVersion } from '../../../../scripts/release/deployed-version.ts';

const root = join(import.meta.dirname, '../../../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const { version } = JSON.parse(read('package.json')) as { version: string };

for (const name of DEPLOYED) {
  test(`${name} names the version of package.json, and a release changes it everywhere`, () => {
    const text = read(name);
    const found = versionsIn(text);
    assert.equal(found.length, name.endsWith('Chart.yaml') ? 2 : 1);
    assert.deepEqual(new Set(found), new Set([version]));
    const next = withVersion(text, '98.7.6-rc.1');
    assert.deepEqual(new Set(versionsIn(next)), new Set(['98.7.6-rc.1']));
    assert.equal(withVersion(next, version), text);
  });
}
