import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mix32 } from '../../../../src/core/hash.ts';
import { seededRandom } from '../../../../src/core/random.ts';
import { TALKERS_SECONDS, topTalkers, TopTalkers } from '../../../../src/limits/core/top-talkers.ts';

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

describe('what clients ask of their limits', () => {
  function collected(): { talkers: TopTalkers; seconds: unknown[] } {
    const seconds: unknown[] = [];
    const talkers = new TopTalkers(({ requests, tokens, ...more }) => {
      seconds.push({ ...more, requests: [...requests], tokens: [...tokens] });
    });
    return { talkers, seconds };
  }

  it('is passed on when its second is over, admitted or refused, with its cost', () => {
    const { talkers, seconds } = collected();
    talkers.add('a', 1, 7, false, 5000, 1);
    talkers.add('a', 1, 7, true, 5999, 5);
    talkers.add('b', 2, 8, false, 5999, 2);
    talkers.endSecond(5999);
    assert.deepEqual(seconds, []);
    talkers.add('a', 1, 7, false, 6000, 1);
    const first = { second: 5, keys: ['a', 'b'], requests: [2, 1], tokens: [6, 2], missed: 0 };
    assert.deepEqual(seconds, [first]);
    talkers.endSecond(9000);
    talkers.endSecond(12_000);
    assert.deepEqual(seconds, [first, { second: 6, keys: ['a'], requests: [1], tokens: [1], missed: 0 }]);
  });

  it('is not what its limit does not apply to', () => {
    const { talkers, seconds } = collected();
    talkers.add('a', 1, 7, false, 5000, 0);
    talkers.endSecond(6000);
    assert.deepEqual(seconds, []);
    assert.deepEqual(counts(talkers, 6000), [['a', 1, 0]]);
  });

  it('ends with its second also when the sketch begins a new slice', () => {
    const { talkers, seconds } = collected();
    talkers.add('a', 1, 7, false, 9999, 1);
    talkers.add('a', 1, 7, false, 10_000, 1);
    talkers.endSecond(20_000);
    assert.deepEqual(
      seconds.map((each) => (each as { second: number }).second),
      [9, 10],
    );
  });

  it('of a client that was replaced in the second is counted as missed, and never too high for another', () => {
    const { talkers, seconds } = collected();
    for (const key of ['a', 'b', 'c', 'd', 'd', 'e']) talkers.add(key, key.charCodeAt(0), 7, false, 5000, 1);
    talkers.add('e', 'e'.charCodeAt(0), 7, false, 6000, 1);
    assert.deepEqual(seconds, [
      { second: 5, keys: ['e', 'b', 'c', 'd'], requests: [1, 1, 1, 2], tokens: [1, 1, 1, 2], missed: 1 },
    ]);
  });
});

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

  it('are weighted with all that is counted of them', () => {
    assert.equal(TALKERS_SECONDS, 60);
    const talkers = new TopTalkers();
    // Five keys of one set: the last one replaces the first of the lowest, and inherits its count.
    for (const key of ['a', 'b', 'c', 'd', 'd', 'e']) talkers.add(key, key.charCodeAt(0), 7, true, 5000);
    const half = { requests: 0.5, refused: 0.5, error: 0 };
    assert.deepEqual(
      talkers.list(65_000).toSorted((one, other) => (one.key < other.key ? -1 : 1)),
      [
        { key: 'b', ...half },
        { key: 'c', ...half },
        { key: 'd', requests: 1, refused: 1, error: 0 },
        { key: 'e', requests: 1, refused: 0.5, error: 0.5 },
      ],
    );
  });

  it('count in the slice that begins, at its first moment', () => {
    const talkers = new TopTalkers();
    for (const nowMs of [0, 9999, 10_000]) add(talkers, 1, nowMs);
    assert.deepEqual(counts(talkers, 10_000), [['ip:1', 3, 0]]);
    assert.deepEqual(counts(talkers, 70_000), [['ip:1', 1, 0]]);
  });

  it('of a slice that is used again are forgotten', () => {
    const talkers = new TopTalkers();
    for (let at = 0; at < 5; at += 1) add(talkers, 1, 1000);
    add(talkers, 2, 70_000);
    assert.deepEqual(talkers.list(70_000), [{ key: 'ip:2', requests: 1, refused: 0, error: 0 }]);
  });

  it('may have any hash, 0 too', () => {
    const talkers = new TopTalkers();
    for (let at = 0; at < 2; at += 1) talkers.add('zero', 0, 0, false, 1000);
    assert.deepEqual(talkers.list(1000), [{ key: 'zero', requests: 2, refused: 0, error: 0 }]);
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

  it('are in the order of their keys where they are equal, and their errors add up', () => {
    const talker = (key: string, error: number) => ({ key, requests: 3, refused: 0, error });
    for (const keys of ['abc', 'cba', 'bca']) {
      const lists = [1, 2].map((error) => keys.split('').map((key) => talker(key, error)));
      assert.deepEqual(
        topTalkers(lists, 'requests', 3).map(({ key, error }) => [key, error]),
        [
          ['a', 3],
          ['b', 3],
          ['c', 3],
        ],
      );
    }
  });

  it('survive a clock that goes back', () => {
    const talkers = new TopTalkers();
    add(talkers, 1, 25_000);
    add(talkers, 1, 15_000);
    add(talkers, 1, 25_000);
    assert.deepEqual(counts(talkers, 25_000), [['ip:1', 3, 0]]);
  });
});
