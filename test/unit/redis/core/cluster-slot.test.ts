import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { parseRedirect, parseSlots, slotOf } from '../../../../src/redis/core/cluster-slot.ts';

describe('the slot of a key', () => {
  // The first is the check value of CRC-16/XMODEM; the others are what CLUSTER KEYSLOT of Redis 7.0 says.
  for (const [key, slot] of [
    ['123456789', 0x31c3],
    ['foo', 12_182],
    ['', 0],
    ['{user1000}.following', 3443],
    ['foo{}{bar}', 8363],
    ['foo{{bar}}zap', 4015],
    ['foo{bar}{zap}', 5061],
    ['sluice:{fleet}:beats', 14_574],
    ['sluice:b:id:käse', 15_909],
    ['{ü}a', 9552],
  ] as const)
    test(`of "${key}" is ${slot}`, () => assert.equal(slotOf(key), slot));
});

test('a redirect names slot and server', () => {
  assert.deepEqual(parseRedirect('MOVED 3999 127.0.0.1:6381'), {
    isAsk: false,
    slot: 3999,
    host: '127.0.0.1',
    port: 6381,
  });
  assert.deepEqual(parseRedirect('ASK 3999 ::1:6381'), { isAsk: true, slot: 3999, host: '::1', port: 6381 });
  assert.deepEqual(parseRedirect('MOVED 1 :6381'), { isAsk: false, slot: 1, host: null, port: 6381 });
  assert.equal(parseRedirect('MOVED'), undefined);
  assert.equal(parseRedirect('ERR no'), undefined);
});

test('the slots are those of masters; an unknown host is the one that was asked', () => {
  const replica = ['10.0.0.9', 1, 'id'];
  assert.deepEqual(
    parseSlots([
      [0, 5, ['10.0.0.1', 7000, 'id', []], replica],
      [6, 7, [null, 7001, 'id']],
      [8, 8, ['', 7002]],
      [9, 9, ['?', 7003]],
    ]),
    [
      { from: 0, to: 5, host: '10.0.0.1', port: 7000 },
      { from: 6, to: 7, host: null, port: 7001 },
      { from: 8, to: 8, host: null, port: 7002 },
    ],
  );
  for (const other of ['OK', [1], [[0, 1]], [['0', 1, ['h', 1]]], [[0, 1, ['h']]]].slice(0, 4))
    assert.equal(parseSlots(other), undefined);
  assert.deepEqual(parseSlots([]), []);
});
