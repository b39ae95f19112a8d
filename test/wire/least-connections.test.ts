import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHeldBackend } from '../support/held-backend.ts';
import { httpRequest } from '../support/http-request.ts';
import { poolYaml } from '../support/pool-yaml.ts';
import { startTraffic } from '../support/traffic.ts';

test('while a request is held at one backend the next goes to the other, until its answer has ended', async (t) => {
  const backends = await Promise.all([startHeldBackend(), startHeldBackend()]);
  t.after(() => Promise.all(backends.map((backend) => backend.close())));
  const traffic = await startTraffic(poolYaml(backends, ['algorithm: least-connections']));
  t.after(() => traffic.close());

  const slow = httpRequest(`${traffic.url}/slow`);
  await Promise.race(backends.map((backend) => backend.asked(1)));
  const [busy, idle] = backends[0]!.running === 1 ? backends : backends.toReversed();
  for (let count = 1; count <= 5; count += 1) {
    const quick = httpRequest(`${traffic.url}/quick`);
    await idle!.asked(count);
    idle!.answer();
    await quick;
  }
  assert.equal(busy!.requests.length, 1);
  busy!.answer();
  await slow;

  const other = httpRequest(`${traffic.url}/held`);
  const before = [busy!.requests.length, idle!.requests.length];
  await Promise.race([busy!.asked(before[0]! + 1), idle!.asked(before[1]! + 1)]);
  const free = busy!.running === 1 ? idle! : busy!;
  const last = httpRequest(`${traffic.url}/last`);
  await free.asked(free.requests.length + 1);
  for (const backend of backends) backend.answer();
  await Promise.all([other, last]);
});
