import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CacheEntry } from '../../../../src/policies/cache/cache-entry.ts';
import { CacheStore } from '../../../../src/policies/cache/cache-store.ts';

const FRESHNESS = {
  initialAge: 0,
  lifetime: 60,
  isAlwaysChecked: false,
  isStrict: false,
  staleWhileRevalidate: 0,
  staleIfError: 0,
};

function entry(key: string, bytes = 0, vary: readonly (readonly [string, string])[] = []): CacheEntry {
  const head = {
    status: 200,
    reason: 'OK',
    fields: ['a', 'b'],
    etag: null,
    lastModified: null,
    vary,
    freshness: FRESHNESS,
    arrivedMs: 0,
  };
  return new CacheEntry(head, { key, host: 'h', path: `/${key}`, slot: 0, change: 0 }, Buffer.alloc(bytes));
}

/** With room for some small entries. */
function storeFor(count: number): { store: CacheStore; evicted: () => number } {
  let evicted = 0;
  return { store: new CacheStore(count * entry('a').bytes, () => (evicted += 1)), evicted: () => evicted };
}

test('the entry used least recently makes room, and the bytes are exact at all times', () => {
  const { store, evicted } = storeFor(3);
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((key) => entry(key));
  for (const each of [a!, b!, c!]) store.put(each);
  store.touch(a!);
  store.put(d!);
  assert.equal(evicted(), 1);
  assert.deepEqual([store.of('a'), store.of('b'), store.of('d')], [[a], [], [d]]);
  assert.equal(store.bytes, 3 * a!.bytes);
  store.remove(a!);
  store.remove(a!);
  assert.equal(store.bytes, 2 * a!.bytes);
  assert.equal(
    store.removeWhere(() => true),
    2,
  );
  assert.equal(store.bytes, 0);
  assert.equal(store.size, 0);
});

test('a large entry makes as much room as it needs; one that is larger than all is not stored', () => {
  const { store, evicted } = storeFor(4);
  for (const key of ['a', 'b', 'c', 'd']) store.put(entry(key));
  assert.equal(store.put(entry('e', entry('a').bytes)), true);
  assert.equal(evicted(), 2);
  assert.equal(store.put(entry('f', 5 * entry('a').bytes)), false);
  assert.equal(store.size, 3);
});

test('an entry that cannot be stored still replaces the older one of its request', () => {
  const { store } = storeFor(1);
  store.put(entry('a'));
  assert.equal(store.put(entry('a', entry('a').bytes)), false);
  assert.deepEqual(store.of('a'), []);
});

test('variants of a key are kept apart, the newest first, and bounded', () => {
  const { store, evicted } = storeFor(100);
  const [de, en] = [entry('a', 0, [['accept-language', 'de']]), entry('a', 0, [['accept-language', 'en']])];
  store.put(de);
  store.put(en);
  assert.deepEqual(store.of('a'), [en, de]);
  const again = entry('a', 1, [['accept-language', 'de']]);
  store.put(again);
  assert.deepEqual(store.of('a'), [again, en]);
  for (let at = 0; at < 40; at += 1) store.put(entry('a', 0, [['accept-language', String(at)]]));
  assert.equal(store.of('a').length, 16);
  assert.equal(evicted(), 26);
});

test('an entry counts body, texts and a fixed part', () => {
  assert.equal(entry('a', 100).bytes - entry('a').bytes, 100);
  assert.equal(entry('a', 0, [['x', 'yz']]).bytes - entry('a').bytes, 3);
});
