import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { configSource } from '../../../../src/config/file/source.ts';
import { watchConfig } from '../../../../src/reload/control/config-watcher.ts';
import { eventually } from '../../../support/eventually.ts';

test('only another text is a change: not a touched file, not a missing one, and once refused is known', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-watch-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const path = join(cwd, 'c.yaml');
  const good = '\uFEFFpools: { p: { backends: [{ url: "http://a" }] } }\n';
  writeFileSync(path, good);
  const source = configSource({ file: 'c.yaml', cwd, env: {}, flags: {} });
  await source.read();
  assert.equal(source.hasChanged(), false);
  writeFileSync(path, good);
  assert.equal(source.hasChanged(), false);

  writeFileSync(path, 'pools: {}\n');
  assert.equal(source.hasChanged(), true);
  await assert.rejects(source.read());
  assert.equal(source.hasChanged(), false);
  rmSync(path);
  assert.equal(source.hasChanged(), false);
});

test('a change that somebody has checked is still a change', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-watch-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const files = {
    'c.yaml': (port: number) => `pools: { p: { backends: [{ url: "http://a:${port}" }] } }`,
    'c.mjs': (port: number) => `export default { pools: { p: { backends: [{ url: 'http://a:${port}' }] } } };`,
  };
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(cwd, file), text(1));
    const source = configSource({ file, cwd, env: {}, flags: {} });
    await source.read();
    writeFileSync(join(cwd, file), text(2));
    const { settings } = await source.tryAgain();
    assert.equal(settings.pools[0]!.backends[0]!.url, 'http://a:2');
    assert.equal(source.hasChanged(), true);
    await source.readAgain();
    assert.equal(source.hasChanged(), false);
  }
});

test('the files that are watched follow what was read', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-watch-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const [a, b] = [join(cwd, 'a'), join(cwd, 'b')];
  let paths = [a];
  let changed = '';
  const seen: string[] = [];
  const watch = watchConfig({
    paths: () => paths,
    hasChanged: () => changed !== '',
    onChange: () => {
      seen.push(changed);
      changed = '';
    },
  });
  t.after(watch.end);
  const change = async (path: string): Promise<void> => {
    changed = path;
    writeFileSync(path, `${seen.length}`);
    await eventually(`${path} is noticed`, () => seen.includes(path));
  };
  await change(a);
  paths = [b];
  watch.update();
  await change(b);
  assert.deepEqual(seen, [a, b]);
});
