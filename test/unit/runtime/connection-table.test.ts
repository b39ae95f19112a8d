import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedHash } from '../../../src/core/hash.ts';
import { type AddressHash, allocateConnectionTable, ConnectionTable } from '../../../src/runtime/connection-table.ts';

const keyed = new KeyedHash(new Uint32Array([1, 2]));

function hashOf(text: string): AddressHash {
  keyed.hash(text);
  return { lo: keyed.lo, hi: keyed.hi };
}

test('connections of all threads are counted together, and none beyond the limit is let in', () => {
  const table = new ConnectionTable(allocateConnectionTable(2));
  assert.deepEqual(
    [0, 1, 0, 1].map((thread) => table.open(thread, 3)),
    [true, true, true, false],
  );
  assert.equal(table.total(), 3);
  table.close(0);
  assert.ok(table.open(1, 3));
});

test('zero is no limit', () => {
  const table = new ConnectionTable(allocateConnectionTable(1));
  for (let count = 0; count < 1000; count += 1) assert.ok(table.open(0, 0));
  assert.equal(table.total(), 1000);
});

test('each address has a number of its own, over all threads', () => {
  const table = new ConnectionTable(allocateConnectionTable(2));
  const [one, other] = [hashOf('192.0.2.1'), hashOf('192.0.2.2')];
  assert.deepEqual(
    [0, 1, 0].map((thread) => table.openFrom(thread, one, 2)),
    [true, true, false],
  );
  assert.ok(table.openFrom(0, other, 2));
  assert.equal(table.from(one), 2);
  table.closeFrom(1, one);
  assert.ok(table.openFrom(0, one, 2));
  assert.equal(table.from(other), 1);
});

test('of 10,000 addresses at most one in a thousand is counted too high, and none too low', () => {
  const table = new ConnectionTable(allocateConnectionTable(1));
  const addresses = Array.from({ length: 10_000 }, (_, at) => hashOf(`10.0.${at >> 8}.${at & 255}`));
  for (const address of addresses) table.openFrom(0, address, 1000);
  const counts = addresses.map((address) => table.from(address));
  assert.ok(counts.every((count) => count >= 1));
  assert.ok(counts.filter((count) => count > 1).length <= 10);
});

test('the claims of a dead thread are released, the others keep theirs', () => {
  const table = new ConnectionTable(allocateConnectionTable(2));
  const address = hashOf('192.0.2.1');
  for (const thread of [0, 1]) {
    table.open(thread, 0);
    table.openFrom(thread, address, 10);
  }
  table.releaseThread(0);
  assert.equal(table.total(), 1);
  assert.equal(table.from(address), 1);
});
