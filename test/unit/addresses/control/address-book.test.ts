import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressBook } from '../../../../src/addresses/control/address-book.ts';
import type { Found } from '../../../../src/addresses/control/name-lookup.ts';

interface Harness {
  readonly book: AddressBook;
  readonly reported: unknown[];
  /** By host: the result of the next lookup; a promise of the test's own for one that hangs. */
  readonly zone: Record<string, Found | Error | Promise<Found>>;
  /** Starts the next due lookup, and returns its delay. */
  next(): Promise<number>;
  nowMs: number;
}

function harness(): Harness {
  const due: { task: () => void; ms: number }[] = [];
  const reported: unknown[] = [];
  const zone: Harness['zone'] = {};
  const self: Harness = {
    zone,
    reported,
    nowMs: 100,
    next: async () => {
      const { task, ms } = due.shift()!;
      task();
      await new Promise(setImmediate);
      return ms;
    },
    book: new AddressBook({
      lookupOf: (host) => async () => {
        const answer = await zone[host]!;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      clampTtlMs: (ttlMs) => Math.min(30_000, Math.max(1500, ttlMs)),
      nowMs: () => self.nowMs,
      schedule: (task, ms) => {
        const entry = { task, ms };
        due.push(entry);
        return () => void (due.includes(entry) && due.splice(due.indexOf(entry), 1));
      },
      onChange: (host, before) => reported.push([host, before]),
      onError: (host, error) => reported.push([host, error]),
    }),
  };
  return self;
}

function found(addresses: readonly string[], ttlMs = 2000, unknownFamily: Found['unknownFamily'] = null): Found {
  return { addresses, ttlMs, unknownFamily };
}

test('a name is looked up again when its answer has expired, within the bounds', async () => {
  const { book, zone, next } = harness();
  for (const [ttlMs, waitMs] of [
    [0, 1500],
    [2000, 2000],
    [3_600_000, 30_000],
  ] as const) {
    zone['app.test'] = found(['192.0.2.1'], ttlMs);
    await book.watch(['app.test']);
    assert.equal(await next(), waitMs);
    book.retain(new Set());
  }
});

test('a change is reported with the previous addresses; another order of the same is no change', async () => {
  const { book, zone, reported, next } = harness();
  zone['app.test'] = found(['192.0.2.2', '192.0.2.1']);
  await book.watch(['app.test']);
  zone['app.test'] = found(['192.0.2.1', '192.0.2.2']);
  await next();
  zone['app.test'] = found(['192.0.2.2', '192.0.2.3']);
  await next();
  assert.deepEqual(reported, [
    ['app.test', []],
    ['app.test', ['192.0.2.1', '192.0.2.2']],
  ]);
  assert.deepEqual(book.get('app.test')!.addresses, ['192.0.2.2', '192.0.2.3']);
});

for (const reason of ['host not found', 'no DNS server answers']) {
  test(`the last addresses are kept forever when the answer is: ${reason}`, async () => {
    const self = harness();
    const { book, zone, reported, next } = self;
    zone['app.test'] = found(['192.0.2.1']);
    await book.watch(['app.test']);
    self.nowMs = 500;
    zone['app.test'] = new Error(reason);
    const waits: number[] = [];
    for (let round = 0; round < 6; round += 1) waits.push(await next());
    assert.deepEqual(waits, [2000, 1000, 2000, 4000, 5000, 5000]);
    const { addresses, sinceMs, checkedMs, error } = book.get('app.test')!;
    assert.deepEqual(
      { addresses, sinceMs, checkedMs, error },
      { addresses: ['192.0.2.1'], sinceMs: 100, checkedMs: 500, error: reason },
    );
    zone['app.test'] = found(['192.0.2.1']);
    await next();
    assert.deepEqual(reported.slice(1), [
      ['app.test', reason],
      ['app.test', null],
    ]);
    assert.deepEqual(book.totals, { lookups: 8, failures: 6 });
  });
}

test('addresses of a kind that no answer came for are kept', async () => {
  const { book, zone, next } = harness();
  zone['app.test'] = found(['192.0.2.1', '2001:db8::1']);
  await book.watch(['app.test']);
  zone['app.test'] = found(['192.0.2.2'], 2000, 6);
  await next();
  assert.deepEqual(book.get('app.test')!.addresses, ['192.0.2.2', '2001:db8::1']);
});

test('a name that hangs does not hold up another', async () => {
  const { book, zone } = harness();
  zone['hung.test'] = new Promise(() => {});
  zone['app.test'] = found(['192.0.2.1']);
  void book.watch(['hung.test']);
  await book.watch(['app.test']);
  assert.deepEqual(book.get('app.test')!.addresses, ['192.0.2.1']);
  assert.deepEqual(book.get('hung.test')!.addresses, []);
});

test('an unused name is not looked up any more, and a late answer changes nothing', async () => {
  const { book, zone, reported } = harness();
  const late = Promise.withResolvers<Found>();
  zone['app.test'] = late.promise;
  const watched = book.watch(['app.test']);
  book.retain(new Set());
  late.resolve(found(['192.0.2.1']));
  await watched;
  assert.deepEqual(reported, []);
  assert.equal(book.get('app.test'), undefined);
});
