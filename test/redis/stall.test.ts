import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { redisScript } from '../../src/redis/redis-script.ts';
import { openLink } from '../support/redis-client.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';

const echo = redisScript(
  `redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000) return {ARGV[1], redis.call('GET', KEYS[1])}`,
);

test('a link does not take its own stall for one of the server', { skip: redisMissing }, async (t) => {
  const server = await startRedis(t);
  const { run, isUp, changes } = openLink(t, { url: server.url });
  await isUp();
  await run(echo, 'k', ['1']);
  for (let round = 0; round < 5; round++) {
    // Written, and then nobody reads the answer.
    const sent = run(echo, 'k', ['2'], 50);
    await nextTurn();
    await nextTurn();
    stall(400);
    assert.equal((await sent).kind, 'ok');
    // Not even written before.
    const unsent = run(echo, 'k', ['3'], 50);
    stall(400);
    assert.match((await unsent).kind, /ok|timeout/);
  }
  assert.equal((await run(echo, 'k', ['4'])).kind, 'ok');
  assert.deepEqual(changes, ['up']);
});

function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
