import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dispersion, excessChance, thinned, type Share } from '../../../../src/reload/core/excess-chance.ts';

const share = (part: number, of: number): Share => ({ part, of });
const near = (found: number, wanted: number): void =>
  assert.ok(Math.abs(found - wanted) <= wanted * 1e-9, `${found}, not ${wanted}`);

/** Row by row from Pascal's triangle, in exact whole numbers. */
function slowly(before: Share, after: Share): number {
  const choose = (all: number, some: number): bigint => {
    let product = 1n;
    for (let at = 0; at < some; at += 1) product = (product * BigInt(all - at)) / BigInt(at + 1);
    return product;
  };
  const [all, failed] = [before.of + after.of, before.part + after.part];
  let tail = 0n;
  for (let part = after.part; part <= Math.min(failed, after.of); part += 1) {
    tail += choose(failed, part) * choose(all - failed, after.of - part);
  }
  return Number((tail * 10n ** 60n) / choose(all, after.of)) / 1e60;
}

describe('the chance of a rise', () => {
  it('is that of Fisher’s exact test', () => {
    // Tea tasting, the classic: three of four right.
    near(excessChance(share(1, 4), share(3, 4)), 17 / 70);
    for (const [before, after] of [
      [share(1, 10), share(6, 10)],
      [share(100, 10_000), share(3, 50)],
      [share(5, 700), share(40, 900)],
      [share(0, 50), share(50, 50)],
      [share(17, 18), share(16, 16)],
    ] as const)
      near(excessChance(before, after), slowly(before, after));
  });

  it('is 1 if nothing rose, also without any request', () => {
    for (const [before, after] of [
      [share(0, 0), share(0, 0)],
      [share(0, 50), share(0, 50)],
      [share(5, 50), share(5, 50)],
      [share(5, 50), share(10, 100)],
      [share(5, 50), share(1, 1000)],
      [share(50, 50), share(50, 50)],
    ] as const)
      assert.equal(excessChance(before, after), 1);
  });

  it('is not fooled by few requests after many, as a z score is', () => {
    // z is 13 here.
    near(excessChance(share(100, 100_000), share(3, 50)), slowly(share(100, 100_000), share(3, 50)));
    assert.ok(excessChance(share(100, 100_000), share(1, 50)) > 0.04);
  });

  it('is computed for millions of requests', () => {
    assert.ok(excessChance(share(1000, 1_000_000), share(1200, 1_000_000)) < 2e-5);
    assert.ok(excessChance(share(1000, 1_000_000), share(1010, 1_000_000)) > 0.3);
    assert.equal(excessChance(share(0, 5_000_000), share(5_000_000, 5_000_000)), 0);
  });
});

describe('the dispersion of slices', () => {
  it('is 1 for equal shares, without failures, and if there is too little to say', () => {
    assert.equal(dispersion([share(5, 50), share(5, 50), share(10, 100)]), 1);
    assert.equal(dispersion([share(0, 50), share(0, 50), share(0, 100)]), 1);
    assert.equal(dispersion([share(50, 50), share(50, 50), share(50, 50)]), 1);
    assert.equal(dispersion([share(0, 50), share(50, 50)]), 1);
    assert.equal(dispersion([share(0, 50), share(50, 50), share(9, 9)]), 1);
    assert.equal(dispersion([]), 1);
  });

  it('is X² by its degrees of freedom for a burst', () => {
    // Share 0.1: (30 − 10)² / 9 + 2 · 10² / 9, by 2.
    near(dispersion([share(30, 100), share(0, 100), share(0, 100)]), 600 / 9 / 2);
  });

  it('makes a sample smaller, and never its rise greater', () => {
    assert.deepEqual(thinned(share(30, 100), 1, true), share(30, 100));
    assert.deepEqual(thinned(share(30, 100), 7, true), share(4, 14));
    assert.deepEqual(thinned(share(30, 100), 7, false), share(5, 14));
    assert.deepEqual(thinned(share(100, 100), 7, false), share(14, 14));
    assert.deepEqual(thinned(share(0, 5), 7, true), share(0, 1));
  });
});
