import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { configSource } from '../../../../src/config/file/source.ts';
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
  const { pools, server } = await configSource({ cwd, env: {}, flags: {} }).read();
  assert.deepEqual([server.port, ...pools[0]!.backends.map(({ url }) => url)], [8080, 'http://a:1', 'http://b:2']);

  const schema = join(cwd, 'sluice.schema.json');
  assert.match(
    readFileSync(join(cwd, 'sluice.yaml'), 'utf8'),
    /^# yaml-language-server: \$schema=\.\/sluice\.schema\.json\n/,
  );
  assert.equal(readFileSync(schema, 'utf8'), (await sluice('schema')).out, 'an editor knows what sluice schema says');
  writeFileSync(schema, 'with options of plugins');

  const again = await sluice('init');
  assert.equal(again.code, 1);
  assert.match(again.err, /sluice\.yaml already exists; --force overwrites it/);
  assert.equal((await sluice('init', '--force')).code, 0);
  assert.equal(readFileSync(schema, 'utf8'), (await sluice('schema')).out, '--force is for both');
  writeFileSync(schema, 'with options of plugins');
  assert.match((await sluice('init', 'other.yaml')).out, /`sluice --config other\.yaml` starts/);
  assert.equal(readFileSync(schema, 'utf8'), 'with options of plugins', 'it is kept');
  assert.equal((await sluice('check', 'other.yaml')).code, 0);
  assert.equal((await sluice('init', 'a.yaml', 'b.yaml')).code, 2);
});

test('init --ts writes code that means the same as the YAML, and the two are never side by side', async (t) => {
  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'sluice-init-'));
    t.after(() => rmSync(path, { recursive: true }));
    return path;
  };
  const [inCode, inYaml] = [folder(), folder()];
  const backends = ['--backend', "http://a:1/it's", '--backend', 'http://b:2'];
  const done = await command(['init', '--ts', ...backends], {}, inCode);
  assert.deepEqual([done.code, done.err], [0, '']);
  assert.match(done.out, /^sluice\.config\.ts is written\. `sluice` starts/);
  assert.equal((await command(['init', ...backends], {}, inYaml)).code, 0);
  const settings = (cwd: string) => configSource({ cwd, env: {}, flags: {} }).read();
  assert.deepEqual(await settings(inCode), await settings(inYaml));

  const other = await command(['init'], {}, inCode);
  assert.equal(other.code, 1);
  assert.match(other.err, /sluice\.config\.ts already exists, and a gateway needs one file/);
  assert.match(
    (await command(['init', '--ts', 'x.yaml'], {}, inCode)).err,
    /--ts: found 'x\.yaml'; allowed: a name that ends/,
  );
  // Without types.
  assert.match((await command(['init', 'other.mjs'], {}, inCode)).out, /`sluice --config other\.mjs` starts/);
  assert.equal((await command(['check', 'other.mjs'], {}, inCode)).code, 0);
});
