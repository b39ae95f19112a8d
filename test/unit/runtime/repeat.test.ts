import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repeat } from '../../../src/runtime/repeat.ts';

test('rounds go on until they are stopped, each after the delay asked for then', async () => {
  // The timers keep no process alive: this test has to.
  const alive = setInterval(() => {}, 1000);
  const delays = [1, 2, 3, 4];
  const enough = Promise.withResolvers<void>();
  let rounds = 0;
  const stop = repeat(
    () => {
      rounds += 1;
      if (rounds < 3) return;
      stop();
      enough.resolve();
    },
    () => delays.shift()!,
  );
  await enough.promise;
  clearInterval(alive);
  assert.equal(rounds, 3);
});

test('a round that stops itself is the last', async () => {
  const alive = setInterval(() => {}, 1000);
  const ended = Promise.withResolvers<void>();
  let asked = 0;
  const stop = repeat(
    () => {
      stop();
      setImmediate(() => setImmediate(ended.resolve));
    },
    () => {
      asked += 1;
      return 0;
    },
  );
  await ended.promise;
  clearInterval(alive);
  assert.equal(asked, 1);
});
