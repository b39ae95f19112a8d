import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  DemandHistory,
  HISTORY_SECONDS,
  MAX_SECOND,
  type SecondDemand,
  TRACKED_CLIENTS,
} from '../../../../src/limits/core/demand-history.ts';

function second(at: number, counts: Readonly<Record<string, number>>, more: Partial<SecondDemand> = {}): SecondDemand {
  const requests = Uint32Array.from(Object.values(counts));
  return { second: at, keys: Object.keys(counts), requests, tokens: requests, missed: 0, ...more };
}

const history = (start = 1000): DemandHistory => new DemandHistory(start, (key) => key.startsWith('id:'));

/** As many as there are places, each with `count` requests. */
const crowd = (count: number, size = TRACKED_CLIENTS): Record<string, number> =>
  Object.fromEntries(Array.from({ length: size }, (_, number) => [`ip:${number}`, count]));

describe('the history of demand', () => {
  test('keeps what each client asked for, by the second, over all threads', () => {
    const demand = history();
    demand.add(second(1003, { a: 2, b: 1 }));
    demand.add(second(1003, { a: 3 }));
    demand.add(second(1005, { a: 1 }));
    assert.deepEqual(demand.read('a', 1010), {
      key: 'a',
      from: 1000,
      to: 1010,
      seconds: [1003, 1005],
      requests: [5, 1],
      tokens: [5, 1],
      saturated: 0,
    });
    assert.equal(demand.total(1010), 7);
  });

  test('costs are kept beside the counts as soon as one differs', () => {
    const demand = history();
    demand.add(second(1001, { a: 2 }));
    demand.add(second(1002, { a: 3 }, { tokens: Uint32Array.of(15) }));
    const { requests, tokens } = demand.read('a', 1003)!;
    assert.deepEqual(
      [requests, tokens],
      [
        [2, 3],
        [2, 15],
      ],
    );
  });

  test('a late count is added where it belongs; one older than the hour is dropped', () => {
    const demand = history();
    demand.add(second(5000, { a: 1 }));
    demand.add(second(4990, { a: 2 }));
    demand.add(second(5000 - HISTORY_SECONDS + 1, { a: 4 }));
    demand.add(second(5000 - HISTORY_SECONDS, { a: 8 }));
    const { from, seconds, requests } = demand.read('a', 5000)!;
    assert.deepEqual([from, seconds, requests], [1401, [1401, 4990, 5000], [4, 2, 1]]);
  });

  test('what is older than an hour is forgotten, also while nothing arrives', () => {
    const demand = history();
    demand.add(second(1000, { a: 1 }));
    demand.add(second(1001, { a: 1 }));
    assert.deepEqual(demand.read('a', 1000 + HISTORY_SECONDS)!.seconds, [1001]);
    assert.deepEqual(demand.read('a', 1001 + HISTORY_SECONDS)!.seconds, []);
    assert.equal(demand.total(1001 + HISTORY_SECONDS), 0);
    demand.add(second(20_000, { a: 7 }));
    assert.deepEqual(demand.read('a', 20_000)!.requests, [7]);
  });

  test('a second with more requests than fit is marked', () => {
    const demand = history();
    demand.add(second(1001, { a: MAX_SECOND - 1 }));
    assert.equal(demand.read('a', 1001)!.saturated, 0);
    demand.add(second(1001, { a: 10 }));
    const { requests, saturated } = demand.read('a', 1001)!;
    assert.deepEqual([requests, saturated], [[MAX_SECOND], 1]);
  });

  test('somebody unknown has an empty record as long as everybody has a place', () => {
    const demand = history();
    assert.deepEqual(demand.read('nobody', 1001)!.requests, []);
    demand.add(second(1001, crowd(1)));
    assert.deepEqual(demand.read('nobody', 1001)!.requests, []);
    demand.add(second(1002, { 'ip:late': 1 }));
    assert.equal(demand.read('nobody', 1002), undefined);
    assert.equal(demand.read('ip:late', 1002), undefined);
    assert.deepEqual(demand.read('nobody', 1002 + HISTORY_SECONDS)!.requests, []);
  });

  test('a busy newcomer gets the place of the least busy within a minute, and its record begins there', () => {
    const demand = history();
    demand.add(second(1000, { ...crowd(60), 'ip:7': 5 }));
    for (let at = 1001; at < 1060; at += 1) demand.add(second(at, { 'ip:new': 1, 'ip:rare': at === 1001 ? 1 : 0 }));
    assert.equal(demand.read('ip:new', 1059), undefined);
    demand.add(second(1060, { 'ip:new': 4 }));
    assert.equal(demand.read('ip:7', 1060), undefined, 'the least busy one');
    const { from, requests } = demand.read('ip:new', 1060)!;
    assert.deepEqual([from, requests], [1060, [4]]);
    assert.equal(demand.read('ip:rare', 1060), undefined);
    assert.equal(demand.all(1060).length, TRACKED_CLIENTS);
  });

  test('a newcomer that sends no more than twice as much takes no place', () => {
    const demand = history();
    demand.add(second(1000, crowd(60)));
    for (let at = 1001; at < 1060; at += 1) demand.add(second(at, { 'ip:new': 2 }));
    demand.add(second(1060, { 'ip:0': 1 }));
    assert.equal(demand.read('ip:new', 1060), undefined);
  });

  test('registered clients get half of the places, however little they send', () => {
    const demand = history();
    demand.add(second(1000, crowd(500)));
    const registered = Object.fromEntries(Array.from({ length: 200 }, (_, number) => [`id:${number}`, 1]));
    demand.add(second(1001, registered));
    demand.add(second(1060, { 'ip:0': 1 }));
    const kinds = demand.all(1060).map(({ key }) => key.startsWith('id:'));
    assert.equal(kinds.filter(Boolean).length, TRACKED_CLIENTS / 2);
    assert.equal(kinds.length, TRACKED_CLIENTS);
  });

  test('others get half of the places from registered clients, however little they send', () => {
    const demand = history();
    demand.add(second(1000, Object.fromEntries(Array.from({ length: 256 }, (_, number) => [`id:${number}`, 90]))));
    demand.add(second(1001, crowd(1, 200)));
    demand.add(second(1060, {}));
    assert.equal(demand.all(1060).filter(({ key }) => key.startsWith('ip:')).length, TRACKED_CLIENTS / 2);
  });

  test('a client that was silent for an hour leaves its place, and is known from the start when it comes back', () => {
    const demand = history();
    demand.add(second(1000, crowd(1)));
    const later = 1000 + HISTORY_SECONDS + 60;
    demand.add(second(later, { 'ip:new': 3 }));
    const { from, requests } = demand.read('ip:new', later)!;
    assert.deepEqual([from, requests], [later - HISTORY_SECONDS + 1, [3]]);
    assert.equal(demand.all(later).length, 1);
  });

  test('what was counted for nobody is in the total', () => {
    const demand = history();
    demand.add(second(1001, { a: 2 }, { missed: 5 }));
    assert.equal(demand.total(1001), 7);
  });
});
