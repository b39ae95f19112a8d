import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Deadlines } from '../../../src/runtime/deadlines.ts';

/** Time stands still until it is moved on. */
function start(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 1000;
  const expired: string[] = [];
  const deadlines = new Deadlines(() => nowMs);
  return {
    expired,
    begin: (name: string, limitMs: number) => deadlines.start(limitMs, { expire: () => void expired.push(name) }),
    pass: (ms: number) => {
      for (let left = ms; left > 0; left -= 1) {
        nowMs += 1;
        t.mock.timers.tick(1);
      }
    },
    deadlines,
  };
}

test('a deadline expires when its time is up, not before', (t) => {
  const { begin, pass, expired } = start(t);
  begin('one', 100);
  pass(99);
  assert.deepEqual(expired, []);
  pass(1);
  assert.deepEqual(expired, ['one']);
  pass(1000);
  assert.deepEqual(expired, ['one']);
});

test('each expires at its own time, whatever order and length they have', (t) => {
  const { begin, pass, expired } = start(t);
  begin('long', 100);
  pass(10);
  begin('later', 100);
  begin('short', 50);
  pass(50);
  assert.deepEqual(expired, ['short']);
  pass(40);
  assert.deepEqual(expired, ['short', 'long']);
  pass(9);
  assert.deepEqual(expired, ['short', 'long']);
  pass(1);
  assert.deepEqual(expired, ['short', 'long', 'later']);
});

test('one that is cancelled does not expire, and holds no other back: first, middle and last', (t) => {
  const { begin, pass, expired } = start(t);
  const [first, , middle, , last] = ['a', 'b', 'c', 'd', 'e'].map((name) => begin(name, 100));
  middle!.cancel();
  first!.cancel();
  last!.cancel();
  pass(100);
  assert.deepEqual(expired, ['b', 'd']);
});

test('after all were cancelled, the next one has its whole time', (t) => {
  const { begin, pass, expired } = start(t);
  begin('a', 100).cancel();
  pass(60);
  begin('b', 100);
  pass(99);
  assert.deepEqual(expired, []);
  pass(1);
  assert.deepEqual(expired, ['b']);
});

test('one that expires may begin another and cancel the one behind it', (t) => {
  const { begin, pass, expired, deadlines } = start(t);
  deadlines.start(100, {
    expire: () => {
      expired.push('a');
      behind.cancel();
      begin('c', 100);
    },
  });
  const behind = begin('b', 100);
  pass(100);
  assert.deepEqual(expired, ['a']);
  pass(100);
  assert.deepEqual(expired, ['a', 'c']);
});

test('a timer that comes early does not end it early', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  const expired: string[] = [];
  new Deadlines(() => nowMs).start(10, { expire: () => void expired.push('a') });
  nowMs = 9.4;
  t.mock.timers.tick(10);
  assert.deepEqual(expired, []);
  nowMs = 10.4;
  t.mock.timers.tick(1);
  assert.deepEqual(expired, ['a']);
});

test('one that was cancelled does not keep those around it', (t) => {
  const { begin } = start(t);
  const [first, second, third] = [begin('one', 10), begin('two', 10), begin('three', 10)];
  for (const each of [second, first, third]) {
    each.cancel();
    assert.deepEqual([each.previous, each.next], [null, null]);
  }
});
