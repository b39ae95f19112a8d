import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { configSource } from '../../../../src/config/file/source.ts';
import { lookAtFile } from '../../../../src/reload/control/config-watcher.ts';

test('only another text is a change: not a touched file, not a missing one, and once refused is known', (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-watch-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const path = join(cwd, 'c.yaml');
  const good = '\uFEFFpools: { p: { backends: [{ url: "http://a" }] } }\n';
  writeFileSync(path, good);
  const source = configSource({ file: 'c.yaml', cwd, env: {}, flags: {} });
  source.read();
  let changes = 0;
  const look = () => lookAtFile({ path, known: () => source.fingerprint, onChange: () => (changes += 1) });
  look();
  writeFileSync(path, good);
  look();
  assert.equal(changes, 0);

  writeFileSync(path, 'pools: {}\n');
  look();
  assert.equal(changes, 1);
  assert.throws(() => source.read());
  look();
  rmSync(path);
  look();
  assert.equal(changes, 1);
});
