import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyLookups } from '../../../src/auth/key-lookups.ts';

function lookups() {
  const asked: string[] = [];
  const clock = { nowMs: 0 };
  return { asked, clock, lookups: new KeyLookups({ ask: (source) => asked.push(source), nowMs: () => clock.nowMs }) };
}

test('all that need a source wait for one question', () => {
  const world = lookups();
  const done: number[] = [];
  for (let at = 0; at < 3; at += 1)
    assert.equal(
      world.lookups.start('a', true, () => done.push(at)),
      true,
    );
  assert.deepEqual(world.asked, ['a']);
  world.lookups.end('b');
  assert.deepEqual(done, []);
  world.lookups.end('a');
  assert.deepEqual(done, [0, 1, 2]);
  world.lookups.end('a');
  assert.equal(done.length, 3);
});

test('a source is not asked for again for half a minute, or a second if there are no keys at all', () => {
  const { asked, clock, lookups: all } = lookups();
  const start = (source: string, hasKeys: boolean): boolean => {
    const isStarted = all.start(source, hasKeys, () => {});
    all.end(source);
    return isStarted;
  };
  assert.equal(start('a', true), true);
  assert.equal(start('none', false), true);
  clock.nowMs = 999;
  assert.equal(start('none', false), false);
  clock.nowMs = 1000;
  assert.equal(start('none', false), true);
  clock.nowMs = 29_999;
  assert.equal(start('a', true), false);
  assert.equal(start('b', true), true);
  clock.nowMs = 30_000;
  assert.equal(start('a', true), true);
  assert.deepEqual(asked, ['a', 'none', 'none', 'b', 'a']);
});

test('a thousand requests wait, and no more', () => {
  const { lookups: all } = lookups();
  for (let at = 0; at < 1000; at += 1)
    assert.equal(
      all.start('a', true, () => {}),
      true,
    );
  assert.equal(
    all.start('a', true, () => {}),
    false,
  );
  all.end('a');
  assert.equal(
    all.start('b', true, () => {}),
    true,
  );
  all.end('b');
});
