import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { load } from '../../../../src/config/load.ts';
import { command } from '../../../support/admin-server.ts';

test('init writes a file that a gateway finds and starts with, and overwrites none unasked', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-init-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const sluice = (...args: readonly string[]) => command(args, {}, cwd);

  const wrong = await sluice('init', '--backend', 'ftp://a');
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /backends\.0\.url: found "ftp:\/\/a"/);
  assert.equal(existsSync(join(cwd, 'sluice.yaml')), false);

  const done = await sluice('init', '--backend', 'http://a:1', '--backend', 'http://b:2');
  assert.deepEqual([done.code, done.err], [0, '']);
  assert.match(done.out, /^sluice\.yaml is written\. `sluice` starts/);
  const { pools, server } = load({ cwd, env: {}, flags: {} });
  assert.deepEqual([server.port, ...pools[0]!.backends.map(({ url }) => url)], [8080, 'http://a:1', 'http://b:2']);

  const again = await sluice('init');
  assert.equal(again.code, 1);
  assert.match(again.err, /sluice\.yaml already exists; --force overwrites it/);
  assert.equal((await sluice('init', '--force')).code, 0);
  assert.match((await sluice('init', 'other.yaml')).out, /`sluice --config other\.yaml` starts/);
  assert.equal((await sluice('check', 'other.yaml')).code, 0);
  assert.equal((await sluice('init', 'a.yaml', 'b.yaml')).code, 2);
});
