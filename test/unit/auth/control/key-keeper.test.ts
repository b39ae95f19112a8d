import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { FetchedKeys } from '../../../../src/auth/control/fetch-keys.ts';
import { KeyKeeper } from '../../../../src/auth/control/key-keeper.ts';
import type { SharedKeySet } from '../../../../src/auth/key-directory.ts';
import type { KeySource } from '../../../../src/auth/key-source.ts';

const SOURCE: KeySource = { id: 'url https://id.test/keys', kind: 'url', location: 'https://id.test/keys' };
const keys = (...ids: string[]): FetchedKeys => ({ keys: ids.map((kid) => ({ kty: 'EC', kid })), refreshMs: 600_000 });

/** A keeper whose fetches the test ends. */
function world() {
  const clock = { nowMs: 0 };
  const running: { resolve: (fetched: FetchedKeys) => void; reject: (error: Error) => void }[] = [];
  const published: (readonly SharedKeySet[])[] = [];
  const events: string[] = [];
  let fetches = 0;
  const keeper = new KeyKeeper({
    fetch: () => {
      fetches += 1;
      return new Promise((resolve, reject) => running.push({ resolve, reject }));
    },
    log: pino({ level: 'silent' }),
    onEvent: (severity, _subject, message) => events.push(`${severity}: ${message}`),
    nowMs: () => clock.nowMs,
    random: () => 0.5,
  });
  keeper.connect(async (sets) => void published.push(sets));
  const settle = async (end: (one: (typeof running)[number]) => void): Promise<void> => {
    end(running.shift()!);
    await new Promise(setImmediate);
  };
  return {
    keeper,
    clock,
    events,
    published,
    fetches: () => fetches,
    succeed: (fetched: FetchedKeys) => settle(({ resolve }) => resolve(fetched)),
    fail: (reason: string) => settle(({ reject }) => reject(new Error(reason))),
    /** Looks once, this many milliseconds later. */
    later: (ms: number) => {
      clock.nowMs += ms;
      keeper.look();
    },
  };
}

test('keys are fetched at once, sent to the threads, and fetched again when they are due', async () => {
  const { keeper, published, fetches, succeed, later } = world();
  keeper.use([SOURCE]);
  assert.deepEqual(keeper.sets, []);
  await succeed(keys('a'));
  assert.deepEqual(published, [[{ source: SOURCE.id, keys: [{ kty: 'EC', kid: 'a' }] }]]);
  assert.deepEqual(keeper.sets, published[0]);
  later(599_999);
  assert.equal(fetches(), 1);
  later(1);
  assert.equal(fetches(), 2);
  await succeed(keys('a'));
  assert.equal(published.length, 1, 'the same keys are not sent again');
  later(600_000);
  await succeed(keys('a', 'b'));
  assert.equal(published.length, 2);
});

test('a failed fetch keeps the keys, is tried again with back-off, and reported once', async () => {
  const { keeper, published, events, fetches, succeed, fail, later } = world();
  keeper.use([SOURCE]);
  await succeed(keys('a'));
  later(600_000);
  await fail('ECONNREFUSED');
  assert.equal(keeper.sets.length, 1);
  // Half of the time and a quarter: the chance is fixed.
  for (const waitMs of [750, 1500, 3000]) {
    const before = fetches();
    later(waitMs - 1);
    assert.equal(fetches(), before);
    later(1);
    assert.equal(fetches(), before + 1);
    await fail('no answer within 5 s');
  }
  later(60_000);
  await succeed(keys('a'));
  assert.deepEqual(events, [
    'warn: the keys of https://id.test/keys cannot be fetched: ECONNREFUSED; those known before stay in use',
    'info: the keys of https://id.test/keys are fetched again',
  ]);
  assert.equal(published.length, 1);
  const [report] = keeper.reports;
  assert.deepEqual([report!.fetchedTotal, report!.failedTotal, report!.keys, report!.ageMs], [2, 4, 1, 0]);
});

test('an unknown key leads to one fetch in half a minute, however many ask', async () => {
  const { keeper, clock, fetches, succeed, fail } = world();
  keeper.use([SOURCE]);
  await succeed(keys('a'));
  await keeper.want(SOURCE.id);
  assert.equal(fetches(), 1, 'the keys were fetched a moment ago');
  clock.nowMs = 30_000;
  const all = Promise.all([keeper.want(SOURCE.id), keeper.want(SOURCE.id), keeper.want(SOURCE.id)]);
  assert.equal(fetches(), 2);
  await succeed(keys('a', 'b'));
  await all;
  clock.nowMs = 59_999;
  await keeper.want(SOURCE.id);
  assert.equal(fetches(), 2);
  clock.nowMs = 60_000;
  const late = keeper.want(SOURCE.id);
  await fail('it answered 500');
  await late;
  await keeper.want(SOURCE.id);
  assert.equal(fetches(), 3, 'a failed fetch counts');
  assert.equal(keeper.sets[0]!.keys.length, 2);
  await keeper.want('url https://other.test/');
});

test('a source that is not configured any more is forgotten, also if its fetch ends later', async () => {
  const { keeper, published, succeed } = world();
  keeper.use([SOURCE]);
  keeper.use([]);
  await succeed(keys('a'));
  assert.deepEqual(published, []);
  assert.deepEqual(keeper.reports, []);
});
