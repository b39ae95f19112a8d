import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Settlement, settle, type StoredBucket } from '../../../../../src/limits/shared/core/bucket-settlement.ts';
import { seededDraw } from '../../../../support/seeded.ts';

/** Ten tokens, one a ms. */
const NOTHING: Settlement = {
  capacity: 10,
  tokenUs: 1000,
  charge: 0,
  sinceUs: 0,
  want: 0,
  least: 1,
  refund: 0,
  refundAtUs: 0,
  aheadUs: -1,
  untilUs: 0,
};
const NOW = 1e9;
const FULL: StoredBucket | null = null;

function drained(nowUs = NOW): StoredBucket {
  return settle(FULL, { ...NOTHING, want: 10 }, nowUs).bucket;
}

describe('a shared bucket on the server', () => {
  it('grants what is there, and says how far it is from full', () => {
    const first = settle(FULL, { ...NOTHING, want: 4 }, NOW);
    assert.deepEqual(first.settled, { granted: 4, aheadUs: 4000, atUs: NOW });
    const second = settle(first.bucket, { ...NOTHING, want: 20 }, NOW);
    assert.deepEqual(second.settled, { granted: 6, aheadUs: 10_000, atUs: NOW });
    assert.equal(settle(second.bucket, { ...NOTHING, want: 1 }, NOW).settled.granted, 0);
    assert.equal(settle(second.bucket, { ...NOTHING, want: 5 }, NOW + 2500).settled.granted, 2);
  });

  it('grants nothing rather than less than is useful', () => {
    const { bucket } = settle(FULL, { ...NOTHING, want: 7 }, NOW);
    const asked = settle(bucket, { ...NOTHING, want: 5, least: 5 }, NOW);
    assert.equal(asked.settled.granted, 0);
    assert.equal(asked.settled.aheadUs, 7000);
    assert.equal(settle(bucket, { ...NOTHING, want: 5, least: 5 }, NOW + 2000).settled.granted, 5);
  });

  it('has a token when that has refilled, whatever part of a microsecond it takes', () => {
    for (const tokens of [3, 7, 9, 11, 13, 17, 19, 23]) {
      const odd = { ...NOTHING, capacity: 100, tokenUs: 1e6 / tokens };
      const { bucket } = settle(FULL, { ...odd, want: 100 }, 3e13 + tokens);
      assert.equal(settle(bucket, { ...odd, want: 100 }, 3e13 + tokens + 1e6).settled.granted, tokens);
    }
  });

  it('charges also when it is empty, up to one bucket of debt', () => {
    const charged = settle(drained(), { ...NOTHING, charge: 3 }, NOW);
    assert.equal(charged.settled.aheadUs, 13_000);
    assert.equal(settle(charged.bucket, { ...NOTHING, charge: 1000 }, NOW).settled.aheadUs, 20_000);
  });

  it('charges what was admitted earlier as of then: the bucket has refilled since', () => {
    assert.equal(settle(FULL, { ...NOTHING, charge: 8, sinceUs: 5000 }, NOW).settled.aheadUs, 3000);
    assert.equal(settle(FULL, { ...NOTHING, charge: 3, sinceUs: 5000 }, NOW).settled.aheadUs, 0);
    // Not lost, although the bucket is full again: what is charged next may date from before that.
    const full = settle(FULL, { ...NOTHING, charge: 3, sinceUs: 5000 }, NOW).bucket;
    assert.equal(settle(full, { ...NOTHING, charge: 4, sinceUs: 5000 }, NOW).settled.aheadUs, 2000);
  });

  it('neither grants nor charges what was asked too long ago', () => {
    const { bucket } = settle(FULL, { ...NOTHING, want: 4 }, NOW);
    const asked = { ...NOTHING, charge: 2, want: 3, untilUs: NOW + 10 };
    assert.deepEqual(settle(bucket, asked, NOW + 10).settled, { granted: 3, aheadUs: 8990, atUs: NOW + 10 });
    const late = settle(bucket, asked, NOW + 11);
    assert.deepEqual(late.settled, { granted: 0, aheadUs: 3989, atUs: NOW + 11 });
    assert.equal(late.bucket.tatUs, bucket.tatUs);
  });

  it('takes back what was granted, unless the bucket has been full since', () => {
    const { bucket } = settle(drained(), { ...NOTHING, refund: 4, refundAtUs: NOW }, NOW);
    assert.equal(settle(bucket, { ...NOTHING, want: 10 }, NOW).settled.granted, 4);
    const later = settle(drained(), NOTHING, NOW + 10_000).bucket;
    const refunded = settle(later, { ...NOTHING, refund: 4, refundAtUs: NOW, want: 20 }, NOW + 10_000);
    assert.equal(refunded.settled.granted, 10);
    const used = settle(later, { ...NOTHING, want: 5 }, NOW + 10_000).bucket;
    assert.equal(settle(used, { ...NOTHING, refund: 4, refundAtUs: NOW }, NOW + 10_000).settled.aheadUs, 5000);
  });

  it('keeps the share that is filled when the settings change', () => {
    const half = settle(FULL, { ...NOTHING, want: 5 }, NOW).bucket;
    assert.equal(settle(half, { ...NOTHING, capacity: 100, want: 100 }, NOW).settled.granted, 50);
    assert.equal(settle(half, { ...NOTHING, tokenUs: 10, want: 100 }, NOW).settled.granted, 5);
  });

  it('after the server lost its data, is as empty as a gateway knows, and no emptier than empty', () => {
    assert.equal(settle(FULL, { ...NOTHING, aheadUs: 7000 }, NOW).settled.aheadUs, 7000);
    assert.equal(settle(drained(), { ...NOTHING, aheadUs: 7000 }, NOW).settled.aheadUs, 10_000);
    assert.equal(settle(FULL, { ...NOTHING, aheadUs: 70_000 }, NOW).settled.aheadUs, 10_000);
  });

  it('refuses for one bucket at most when the clock of the server goes back', () => {
    assert.equal(settle(drained(), NOTHING, NOW - 1e8).settled.aheadUs, 20_000);
  });

  it('grants no more than its limit in any window, plus rate × age of the oldest grant that is refunded', () => {
    const maxAgeUs = 1000;
    for (let seed = 1; seed <= 300; seed += 1) {
      const draw = seededDraw(seed);
      let stored: StoredBucket | null = FULL;
      let nowUs = NOW;
      const grants: { readonly atUs: number; tokens: number }[] = [];
      for (let call = 0; call < 300; call += 1) {
        nowUs += draw.below(1200);
        const recent = grants.filter(({ atUs }) => nowUs - atUs <= maxAgeUs);
        const back = recent.length > 0 && draw.below(2) === 0 ? draw.of(recent) : undefined;
        const refund = back === undefined ? 0 : draw.below(back.tokens + 1);
        if (back !== undefined) back.tokens -= refund;
        const refundAtUs = back?.atUs ?? 0;
        const { bucket, settled } = settle(stored, { ...NOTHING, want: draw.below(6), refund, refundAtUs }, nowUs);
        stored = bucket;
        if (settled.granted > 0) grants.push({ atUs: nowUs, tokens: settled.granted });
      }
      assert.ok(mostAtOnce(grants) <= NOTHING.capacity + maxAgeUs / NOTHING.tokenUs + 1e-6, `seed ${seed}`);
    }
  });
});

/** Tokens that one exact bucket would have had to hold. */
function mostAtOnce(grants: readonly { readonly atUs: number; readonly tokens: number }[]): number {
  let tatUs = 0;
  let most = 0;
  for (const { atUs, tokens } of grants) {
    tatUs = Math.max(tatUs, atUs) + tokens * NOTHING.tokenUs;
    most = Math.max(most, (tatUs - atUs) / NOTHING.tokenUs);
  }
  return most;
}
