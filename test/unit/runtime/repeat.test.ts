import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repeat } from '../../../src/runtime/repeat.ts';

test('rounds continue until they are stopped, each after its delay', async () => {
  // The timers keep no process alive: this test has to.
  const alive = setInterval(() => {}, 1000);
  const delays = [1, 2, 3, 4];
  const enough = Promise.withResolvers<void>();
  let rounds = 0;
  const stop = repeat(
    () => {
      rounds += 1;
      if (rounds < 3) return;
      void stop();
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
      void stop();
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

test('the time that a round takes counts towards the delay', (t) => {
  const delays: number[] = [];
  const callbacks: (() => void)[] = [];
  t.mock.method(globalThis, 'setTimeout', (callback: () => void, ms: number) => {
    delays.push(ms);
    callbacks.push(callback);
    return { unref: () => undefined };
  });
  const busy = (): void => {
    const until = performance.now() + 5;
    while (performance.now() < until);
  };
  void repeat(busy, 1000);
  callbacks[0]!();
  assert.equal(delays[0], 1000);
  assert.ok(delays[1]! <= 995, `${delays[1]}`);
  void repeat(busy, 2);
  callbacks[2]!();
  assert.equal(delays[3], 0);
});

test('no round begins while one runs, and stopping waits for it', async () => {
  const alive = setInterval(() => {}, 1000);
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  let rounds = 0;
  const stop = repeat(() => {
    rounds += 1;
    begun.resolve();
    return end.promise;
  }, 0);
  await begun.promise;
  let isStopped = false;
  const stopped = stop().then(() => (isStopped = true));
  await new Promise((resolve) => void setImmediate(resolve));
  assert.deepEqual([rounds, isStopped], [1, false]);
  end.resolve();
  await stopped;
  await new Promise((resolve) => void setImmediate(resolve));
  clearInterval(alive);
  assert.equal(rounds, 1);
});
