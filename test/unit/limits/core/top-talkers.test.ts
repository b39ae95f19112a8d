import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mix32 } from '../../../../src/core/hash.ts';
import { seededRandom } from '../../../../src/core/random.ts';
import { topTalkers, TopTalkers } from '../../../../src/limits/core/top-talkers.ts';

function add(talkers: TopTalkers, key: number, nowMs: number, isRefused = false): void {
  talkers.add(`ip:${key}`, mix32(key + 1), mix32(key + 0x10000), isRefused, nowMs);
}

function counts(talkers: TopTalkers, nowMs: number): unknown[] {
  return topTalkers([talkers.list(nowMs)], 'requests', 10).map(({ key, requests, refused }) => [
    key,
    Math.round(requests),
    refused,
  ]);
}

describe('the top talkers', () => {
  it('are counted exactly while there are few, refusals apart', () => {
    const talkers = new TopTalkers();
    for (let at = 0; at < 30; at += 1) add(talkers, 1, 1000, at % 3 === 0);
    for (let at = 0; at < 20; at += 1) add(talkers, 2, 15_000);
    add(talkers, 3, 15_000, true);
    assert.deepEqual(counts(talkers, 15_000), [
      ['ip:1', 30, 10],
      ['ip:2', 20, 0],
      ['ip:3', 1, 1],
    ]);
    assert.deepEqual(
      topTalkers([talkers.list(15_000)], 'refused', 10).map(({ key }) => key),
      ['ip:1', 'ip:3'],
    );
  });

  it('are those of the last minute: what is older weighs less and less, then nothing', () => {
    const talkers = new TopTalkers();
    for (let at = 0; at < 100; at += 1) add(talkers, 1, 9999);
    for (const [nowMs, requests] of [
      [10_000, 100],
      [59_999, 100],
      [65_000, 50],
      [69_900, 1],
    ] as const) {
      assert.deepEqual(counts(talkers, nowMs), [['ip:1', requests, 0]], `at ${nowMs}`);
    }
    assert.deepEqual(counts(talkers, 70_000), []);
    add(talkers, 2, 500_000);
    assert.deepEqual(counts(talkers, 500_000), [['ip:2', 1, 0]]);
  });

  it('are found among a hundred thousand others, never counted too low, and at most `error` too high', () => {
    const talkers = new TopTalkers();
    const random = seededRandom(5);
    const heavy = 5;
    const sent = new Map<string, number>();
    for (let at = 0; at < 300_000; at += 1) {
      const key = random() < 0.05 ? Math.floor(random() * heavy) : heavy + Math.floor(random() * 100_000);
      sent.set(`ip:${key}`, (sent.get(`ip:${key}`) ?? 0) + 1);
      add(talkers, key, 1000);
    }
    const top = topTalkers([talkers.list(1000)], 'requests', heavy);
    assert.deepEqual(top.map(({ key }) => key).toSorted(), ['ip:0', 'ip:1', 'ip:2', 'ip:3', 'ip:4']);
    for (const { key, requests, error } of talkers.list(1000)) {
      const actual = sent.get(key)!;
      assert.ok(requests >= actual && requests - error <= actual, `${key}: ${requests} − ${error}, sent ${actual}`);
    }
    assert.ok(talkers.list(1000).length <= 1024);
  });

  it('of several threads are added up', () => {
    const [one, two] = [new TopTalkers(), new TopTalkers()];
    for (let at = 0; at < 3; at += 1) add(one, 1, 1000);
    for (let at = 0; at < 4; at += 1) add(two, 2, 1000);
    for (let at = 0; at < 2; at += 1) add(two, 1, 1000, true);
    assert.deepEqual(topTalkers([one.list(1000), two.list(1000)], 'requests', 1), [
      { key: 'ip:1', requests: 5, refused: 2, error: 0 },
    ]);
  });

  it('survive a clock that goes back', () => {
    const talkers = new TopTalkers();
    add(talkers, 1, 25_000);
    add(talkers, 1, 15_000);
    add(talkers, 1, 25_000);
    assert.deepEqual(counts(talkers, 25_000), [['ip:1', 3, 0]]);
  });
});
