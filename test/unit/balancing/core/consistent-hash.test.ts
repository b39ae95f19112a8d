import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConsistentHash } from '../../../../src/balancing/core/consistent-hash.ts';
import type { Candidate } from '../../../../src/balancing/core/strategy.ts';
import { hashString32 } from '../../../../src/core/hash.ts';
import { candidatesOf, strategySuite } from './strategy-suite.ts';

strategySuite('consistent-hash', { weightTolerance: 0.05 });

const KEYS = Array.from({ length: 10_000 }, (_, at) => hashString32(`10.0.${at >> 8}.${at & 255}`, 0));
const strategy = new ConsistentHash();

function homes(candidates: readonly Candidate[]): number[] {
  return KEYS.map((key) => candidates[strategy.pick(candidates, key)]!.index);
}

function equal(count: number): Candidate[] {
  return candidatesOf(...Array<number>(count).fill(1));
}

describe('consistent-hash', () => {
  it('sends a key to the same backend every time, whatever the order of the list', () => {
    const candidates = equal(10);
    assert.deepEqual(homes(candidates), homes(candidates));
    assert.deepEqual(homes(candidates), homes(candidates.toReversed()));
  });

  it('does not care for slots: only ids and keys decide', () => {
    const moved = equal(10).map((candidate) => ({ ...candidate, index: candidate.index + 100 }));
    assert.deepEqual(
      homes(moved).map((index) => index - 100),
      homes(equal(10)),
    );
  });

  for (const count of [3, 10, 50]) {
    it(`moves at most 1.2/n of the keys, all of them to the new one, when it is number ${count}`, () => {
      const after = homes(equal(count));
      const moved = homes(equal(count - 1)).filter((home, at) => home !== after[at]);
      const arrived = after.filter((home) => home === 3 + count - 1);
      assert.equal(moved.length, arrived.length);
      assert.ok(moved.length <= (1.2 / count) * KEYS.length, `${moved.length}`);
      assert.ok(moved.length >= (0.8 / count) * KEYS.length, `${moved.length}`);
    });
  }

  it('moves only the keys of a backend that leaves', () => {
    const before = homes(equal(10));
    const after = homes(equal(10).filter(({ index }) => index !== 7));
    for (const [at, home] of before.entries()) if (home !== 7) assert.equal(after[at], home);
  });

  it('moves keys only to a backend whose weight grows', () => {
    const before = homes(candidatesOf(1, 1, 1, 1));
    const after = homes(candidatesOf(1, 2, 1, 1));
    for (const [at, home] of after.entries()) assert.ok(home === before[at] || home === 4);
  });

  it('spreads neighbouring and signed key hashes as well', () => {
    const counts = [0, 0, 0, 0];
    for (let key = -5000; key < 5000; key += 1) counts[strategy.pick(equal(4), key)]! += 1;
    for (const count of counts) assert.ok(Math.abs(count - 2500) < 200, `${counts}`);
    assert.equal(strategy.pick(equal(4), -1), strategy.pick(equal(4), 0xffffffff));
  });
});
