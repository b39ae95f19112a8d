import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from '../../../src/runtime/slots.ts';

test('a name keeps its slot while it is in use', () => {
  const slots = new Slots(10, 'things');
  assert.deepEqual(slots.take('a'), { slot: 0, isNew: true });
  assert.deepEqual(slots.take('b'), { slot: 1, isNew: true });
  assert.deepEqual(slots.take('a'), { slot: 0, isNew: false });
  assert.equal(slots.get('a'), 0);
  assert.deepEqual([...slots.names()], ['a', 'b']);
});

test('a slot that was released goes to the next new name', () => {
  const slots = new Slots(10, 'things');
  for (const name of ['a', 'b', 'c']) slots.take(name);
  slots.release('b');
  assert.equal(slots.get('b'), undefined);
  assert.deepEqual(slots.take('d'), { slot: 1, isNew: true });
  assert.deepEqual(slots.take('b'), { slot: 3, isNew: true });
});

test('releasing a name twice, or one that has no slot, frees nothing', () => {
  const slots = new Slots(10, 'things');
  slots.take('a');
  slots.release('a');
  slots.release('a');
  slots.release('unknown');
  assert.equal(slots.take('b').slot, 0);
  assert.equal(slots.take('c').slot, 1);
});

test('when all slots are in use, the error names the thing and the limit', () => {
  const slots = new Slots(2, 'things');
  slots.take('a');
  slots.take('b');
  assert.throws(() => slots.take('c'), new RangeError('things: more than 2 are not supported'));
  assert.equal(slots.take('a').isNew, false);
  slots.release('a');
  assert.equal(slots.take('c').slot, 0);
  assert.throws(() => slots.take('d'), RangeError);
});
