/** `npm run demo:fleet` as users start it. */
import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { redisMissing } from '../support/redis-server.ts';
import { spawnSluice, temporaryFolder } from '../support/sluice-process.ts';

const CAPACITY = 60;

test(
  'shows one limit on three gateways, with and without Redis, and ends with 0',
  { skip: redisMissing },
  async (t) => {
    const demo = spawnSluice(t, ['tools/demo-fleet.ts', '--capacity', `${CAPACITY}`, '--requests', '150']);
    assert.equal(await demo.exit, 0, demo.stderr());
    const output = demo.stdout();
    const sums = [...output.matchAll(/^ +sum +(\d+) +(\d+)/gm)].map((found) => Number(found[1]));
    const [shared, lost, known, restored, fresh] = sums as [number, number, number, number, number];
    assert.equal(sums.length, 5, output);
    for (const sum of [shared, lost, fresh]) {
      // Of a small limit, a busy machine may admit a little more: decisions without Redis, when its answer is late.
      assert.ok(sum >= CAPACITY * 0.95 && sum <= CAPACITY * 1.1, output);
    }
    for (const sum of [known, restored]) assert.ok(sum <= 2, output);
    const pids = [...output.matchAll(/\bpid (\d+)/g)].map((found) => Number(found[1]));
    assert.equal(pids.length, 4);
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  },
);

test('SIGTERM ends it with everything that it started', { skip: redisMissing }, async (t) => {
  const demo = spawnSluice(t, ['tools/demo-fleet.ts', '--stay']);
  await demo.printed(/database /);
  const pids = [...demo.stdout().matchAll(/\bpid (\d+)/g)].map((found) => Number(found[1]));
  assert.equal(pids.length, 3);
  demo.child.kill('SIGTERM');
  assert.equal(await demo.exit, 0, demo.stderr());
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('asks for the package if there is no Redis', async (t) => {
  const folder = temporaryFolder(t);
  symlinkSync('/bin/sh', join(folder, 'sh'));
  const demo = spawnSluice(t, ['tools/demo-fleet.ts'], { PATH: folder });
  assert.equal(await demo.exit, 1);
  assert.match(demo.stderr(), /^no redis-server here: install the package redis-server \(Debian, .*\n$/);
});

test('wrong flags are explained in a line each, without a stack', async (t) => {
  const demo = spawnSluice(t, ['tools/demo-fleet.ts', '--capacity', 'many']);
  assert.equal(await demo.exit, 1);
  assert.match(demo.stderr(), /^--capacity: found 'many', allowed is a whole number from 3 to 100000\nFlags: .*\n$/);
});
