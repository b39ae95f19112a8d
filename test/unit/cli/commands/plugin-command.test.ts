import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { command } from '../../../support/admin-server.ts';

test('plugin new writes a plugin that a configuration can use, and overwrites none unasked', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-plugin-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const sluice = (...args: readonly string[]) => command(args, {}, cwd);

  const done = await sluice('plugin', 'new', 'tenant');
  assert.deepEqual([done.code, done.err], [0, '']);
  assert.match(done.out, /plugins:\n {2}tenant:\n {4}file: \.\/plugins\/tenant\.ts/);
  assert.match(readFileSync(join(cwd, 'plugins/tenant.test.ts'), 'utf8'), /from 'sluice\/testing'/);

  writeFileSync(
    join(cwd, 'sluice.yaml'),
    'pools: { web: { backends: [{ url: http://a }] } }\nplugins: { tenant: { file: ./plugins/tenant.ts, options: { header: x-a } } }\nroutes: [{ pool: web, plugins: [tenant] }]\n',
  );
  assert.equal((await sluice('check')).code, 0);
  writeFileSync(
    join(cwd, 'sluice.yaml'),
    'pools: { web: { backends: [{ url: http://a }] } }\nplugins: { tenant: { file: ./plugins/tenant.ts, options: { haeder: x-a } } }\n',
  );
  assert.match(
    (await sluice('check')).err,
    /sluice\.yaml:2:\d+: plugins\.tenant\.options\.haeder: unknown key "haeder"; did you mean "header"\?/,
  );

  const again = await sluice('plugin', 'new', 'tenant');
  assert.equal(again.code, 1);
  assert.match(again.err, /plugins\/tenant\.ts already exists; --force overwrites it/);
  assert.equal((await sluice('plugin', 'new', 'tenant', '--force', '--dir', 'plugins')).code, 0);
  for (const words of [[], ['old', 'x'], ['new'], ['new', 'Tenant'], ['new', 'a', 'b']]) {
    assert.equal((await sluice('plugin', ...words)).code, 2, words.join(' '));
  }
  assert.equal(existsSync(join(cwd, 'plugins/Tenant.ts')), false);
});
