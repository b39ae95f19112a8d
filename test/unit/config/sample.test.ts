import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { loadText } from '../../../src/config/load.ts';
import { ConfigSchema } from '../../../src/config/schema/schema.ts';
import { POOL } from '../../support/config-problems.ts';

const root = new URL('../../../', import.meta.url);
const sample = readFileSync(new URL('sluice.example.yaml', root), 'utf8');

test('the sample shows the defaults', () => {
  const bare = POOL.replace('http://b:1', 'http://127.0.0.1:8081');
  assert.deepEqual(loadText(sample, 'sluice.example.yaml', {}, {}), loadText(bare, 'c.yaml', {}, {}));
});

test('the sample shows every key', () => {
  const keys = new Set<string>();
  JSON.stringify(ConfigSchema, (key, value: { properties?: object } | null) => {
    if (key !== 'properties' && typeof value?.properties === 'object')
      Object.keys(value.properties).forEach((one) => keys.add(one));
    return value;
  });
  assert.ok(keys.size > 70);
  for (const key of keys) assert.match(sample, new RegExp(`^[ #-]*${key}:`, 'm'), key);
});

test('the sample names the schema for editors, and the schema is there', () => {
  const [, path] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(sample) ?? [];
  assert.ok(path !== undefined && existsSync(new URL(path, root)));
});

test('the generated reference and schema are up to date', () => {
  const script = fileURLToPath(new URL('scripts/write-config-docs.ts', root));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});
