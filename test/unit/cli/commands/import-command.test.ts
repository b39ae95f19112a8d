import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { command } from '../../../support/admin-server.ts';

test('import writes a file that check accepts, and overwrites none unasked', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-import-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'old.yaml'), 'servers: [http://a:1]\ncolour: red\n');
  const sluice = (...args: readonly string[]) => command(args, {}, cwd);

  const done = await sluice('import', 'old.yaml', '-o', 'sluice.yaml');
  assert.deepEqual(done, { code: 0, out: '', err: 'old.yaml: colour: omitted: unknown here\n' });
  assert.equal((await sluice('check', 'sluice.yaml')).code, 0);
  assert.match(readFileSync(join(cwd, 'sluice.yaml'), 'utf8'), /^# - colour: omitted/m);

  const again = await sluice('import', 'old.yaml', '-o', 'sluice.yaml');
  assert.equal(again.code, 1);
  assert.match(again.err, /already exists; --force/);
  assert.equal((await sluice('import', 'old.yaml', '-o', 'sluice.yaml', '--force')).code, 0);

  const { format, warnings } = JSON.parse((await sluice('import', 'old.yaml', '--json')).out) as Record<
    string,
    unknown
  >;
  assert.deepEqual([format, warnings], ['servers', [{ key: 'colour', message: 'omitted: unknown here' }]]);
  assert.match((await sluice('import', 'old.yaml')).out, /url: http:\/\/a:1/);
  assert.match((await sluice('import', 'none.yaml')).err, /none\.yaml: cannot be read: the file does not exist/);
  assert.equal((await sluice('import')).code, 2);
  assert.equal((await sluice('import', 'old.yaml', '--from', 'x')).code, 2);
});

test('import refuses a file with a rule it cannot translate and writes nothing, unless asked to drop it', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-import-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'old.yaml'), 'servers: [http://a:1]\nroutes:\n  - { path: /a, backend: b }\n');
  const sluice = (...args: readonly string[]) => command(args, {}, cwd);

  const refused = {
    code: 1,
    out: '',
    err:
      'sluice import: old.yaml: 1 rule cannot be translated, nothing is written:\n  line 2: routes: unknown here\n' +
      '--drop-unsupported leaves it out, with a warning\n',
  };
  assert.deepEqual(await sluice('import', 'old.yaml'), refused);
  assert.deepEqual(await sluice('import', 'old.yaml', '--json'), refused);
  assert.deepEqual(await sluice('import', 'old.yaml', '-o', 'sluice.yaml'), refused);
  assert.equal(existsSync(join(cwd, 'sluice.yaml')), false);

  writeFileSync(join(cwd, 'sluice.yaml'), 'kept\n');
  assert.deepEqual(await sluice('import', 'old.yaml', '-o', 'sluice.yaml', '--force'), refused);
  assert.equal(readFileSync(join(cwd, 'sluice.yaml'), 'utf8'), 'kept\n');

  assert.deepEqual(await sluice('import', 'old.yaml', '-o', 'sluice.yaml', '--force', '--drop-unsupported'), {
    code: 0,
    out: '',
    err: 'old.yaml: routes: omitted: unknown here\n',
  });
  assert.equal((await sluice('check', 'sluice.yaml')).code, 0);
});
