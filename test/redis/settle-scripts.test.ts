/** The scripts of shared limits on a real server, against their twins. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Settlement, settle, type StoredBucket } from '../../src/limits/shared/core/bucket-settlement.ts';
import type { StoredWindow } from '../../src/limits/shared/core/stored-window.ts';
import { settleWindow, type WindowSettlement } from '../../src/limits/shared/core/window-settlement.ts';
import {
  bucketArguments,
  readBucket,
  readWindow,
  SETTLE_BUCKET,
  SETTLE_WINDOW,
  windowArguments,
} from '../../src/limits/shared/settle-scripts.ts';
import type { RedisLink } from '../../src/redis/redis-link.ts';
import type { RedisScript } from '../../src/redis/redis-script.ts';
import { openLink } from '../support/redis-client.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { seededDraw } from '../support/seeded.ts';

const CALLS = 100_000;

function runs(link: RedisLink, script: RedisScript, key: string, args: readonly string[]): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    link.run(script, key, args, 60_000, (error, reply) => {
      if (error === null) resolve(reply);
      else reject(error);
    });
  });
}

test('100,000 random calls do what the twin does, to a microsecond', { skip: redisMissing }, async (t) => {
  const { url } = await startRedis(t);
  const { link, isUp } = openLink(t, { url });
  await isUp();
  const draw = seededDraw(20261201);
  const keys = Array.from({ length: 40 }, (_key, index) => ({
    name: `b:${index}`,
    stored: null as StoredBucket | null,
    capacity: draw.of([1, 5, 100, 1234.5, 1e5]),
    tokenUs: draw.of([1, 10, 333.3, 10_000, 1e6]),
    grantedAtUs: 0,
    granted: 0,
  }));
  const compared = { calls: 0, granted: 0, worstUs: 0 };

  async function call(key: (typeof keys)[number]): Promise<void> {
    if (draw.below(500) === 0) key.capacity = draw.of([1, 5, 100, 1234.5, 1e5]);
    const refund = draw.below(5) === 0 ? Math.min(key.granted, draw.below(3)) : 0;
    const want = draw.below(3) === 0 ? 0 : draw.below(Math.max(2, key.capacity / 4));
    const settlement: Settlement = {
      capacity: key.capacity,
      tokenUs: key.tokenUs,
      charge: draw.below(4) === 0 ? draw.below(4) : 0,
      sinceUs: draw.below(200_000),
      want,
      least: 1 + draw.below(2),
      refund,
      refundAtUs: key.grantedAtUs,
      aheadUs: draw.below(50) === 0 ? draw.below(1_000_000) : -1,
      untilUs: draw.below(10) === 0 ? draw.of([1, 9e15]) : 0,
    };
    const reply = await runs(link, SETTLE_BUCKET, key.name, bucketArguments(settlement));
    const settled = readBucket(reply);
    const twin = settle(key.stored, settlement, settled.atUs);
    key.stored = twin.bucket;
    assert.equal(settled.granted, twin.settled.granted, JSON.stringify({ settlement, settled, twin }));
    compared.worstUs = Math.max(compared.worstUs, Math.abs(settled.aheadUs - twin.settled.aheadUs));
    compared.calls += 1;
    compared.granted += settled.granted;
    if (settled.granted > 0) Object.assign(key, { granted: settled.granted, grantedAtUs: settled.atUs });
    else key.granted -= refund;
  }

  // One call for a key at a time, as its answers are the twin's input; the keys at once.
  await Promise.all(
    keys.map(async (key) => {
      for (let index = 0; index < CALLS / keys.length; index += 1) await call(key);
    }),
  );
  assert.equal(compared.calls, CALLS);
  assert.ok(compared.granted > CALLS / 10);
  assert.ok(compared.worstUs <= 1, `off by ${compared.worstUs} µs`);
});

test('100,000 random calls for windows do what the twin does', { skip: redisMissing }, async (t) => {
  const { url } = await startRedis(t);
  const { link, isUp } = openLink(t, { url });
  await isUp();
  const draw = seededDraw(20261202);
  const keys = Array.from({ length: 40 }, (_key, index) => ({
    name: `c:${index}`,
    stored: null as StoredWindow | null,
    limit: draw.of([1, 5, 100, 1e5]),
    windowUs: draw.of([50_000, 1_000_000, 60_000_000]),
    grantedAtUs: 0,
    granted: 0,
  }));
  const compared = { calls: 0, granted: 0, windows: new Set<number>() };

  async function call(key: (typeof keys)[number]): Promise<void> {
    if (draw.below(500) === 0) key.limit = draw.of([1, 5, 100, 1e5]);
    if (draw.below(500) === 0) key.windowUs = draw.of([50_000, 1_000_000, 60_000_000]);
    const refund = draw.below(5) === 0 ? Math.min(key.granted, draw.below(3)) : 0;
    const settlement: WindowSettlement = {
      limit: key.limit,
      windowUs: key.windowUs,
      charge: draw.below(4) === 0 ? draw.below(4) : 0,
      sinceUs: draw.below(200_000),
      want: draw.below(3) === 0 ? 0 : draw.below(Math.max(2, key.limit / 4)),
      least: 1 + draw.below(2),
      refund,
      refundAtUs: key.grantedAtUs,
      used: draw.below(50) === 0 ? draw.below(key.limit) : -1,
      untilUs: draw.below(10) === 0 ? draw.of([1, 9e15]) : 0,
    };
    const reply = await runs(link, SETTLE_WINDOW, key.name, windowArguments(settlement));
    const settled = readWindow(reply);
    const twin = settleWindow(key.stored, settlement, settled.atUs);
    key.stored = twin.window;
    assert.deepEqual(settled, twin.settled, JSON.stringify(settlement));
    compared.calls += 1;
    compared.granted += settled.granted;
    compared.windows.add(twin.window.index);
    if (settled.granted > 0) Object.assign(key, { granted: settled.granted, grantedAtUs: settled.atUs });
    else key.granted -= refund;
  }

  await Promise.all(
    keys.map(async (key) => {
      for (let index = 0; index < CALLS / keys.length; index += 1) await call(key);
    }),
  );
  assert.equal(compared.calls, CALLS);
  assert.ok(compared.granted > CALLS / 10);
  assert.ok(compared.windows.size > 10);
});

test('a limit that is a bucket and a window by turns does what the twins do', { skip: redisMissing }, async (t) => {
  const { url } = await startRedis(t);
  const { link, isUp } = openLink(t, { url });
  await isUp();
  const draw = seededDraw(20261203);
  const nothing = { charge: 0, sinceUs: 0, least: 1, refund: 0, refundAtUs: 0, untilUs: 0 };
  let stored: StoredBucket | StoredWindow | null = null;
  let kept = 0;
  for (let call = 0; call < 2000; call += 1) {
    const want = draw.below(20);
    if (draw.below(2) === 0) {
      const settlement = { ...nothing, capacity: draw.of([50, 200]), tokenUs: draw.of([100, 1000]), want, aheadUs: -1 };
      const settled = readBucket(await runs(link, SETTLE_BUCKET, 'c:turns', bucketArguments(settlement)));
      const twin = settle(stored, settlement, settled.atUs);
      stored = twin.bucket;
      assert.equal(settled.granted, twin.settled.granted);
      assert.ok(Math.abs(settled.aheadUs - twin.settled.aheadUs) <= 1);
    } else {
      const settlement = {
        ...nothing,
        limit: draw.of([50, 200]),
        windowUs: draw.of([20_000, 100_000]),
        want,
        used: -1,
      };
      const settled = readWindow(await runs(link, SETTLE_WINDOW, 'c:turns', windowArguments(settlement)));
      if (stored !== null && 'tatUs' in stored && stored.tatUs > settled.atUs) kept += 1;
      const twin = settleWindow(stored, settlement, settled.atUs);
      stored = twin.window;
      assert.deepEqual(settled, twin.settled);
    }
  }
  assert.ok(kept > 200, `${kept} levels were kept`);
});

test('a bucket expires two seconds after it would be full', { skip: redisMissing }, async (t) => {
  const { url, cli } = await startRedis(t);
  const { run, isUp } = openLink(t, { url });
  await isUp();
  const args = { capacity: 10, tokenUs: 1e6, charge: 0, sinceUs: 0, want: 5, least: 1 };
  await run(SETTLE_BUCKET, 'b:x', bucketArguments({ ...args, refund: 0, refundAtUs: 0, aheadUs: -1, untilUs: 0 }));
  const ttlMs = Number(await cli('pttl', 'b:x'));
  assert.ok(ttlMs > 6000 && ttlMs <= 7000, String(ttlMs));
});

test('what another version has stored counts as a full bucket', { skip: redisMissing }, async (t) => {
  const { url, cli } = await startRedis(t);
  const { run, isUp } = openLink(t, { url });
  await isUp();
  await cli('set', 'b:x', '2 something else');
  const args = { capacity: 10, tokenUs: 1e6, charge: 0, sinceUs: 0, want: 20, least: 1 };
  const { reply } = await run(
    SETTLE_BUCKET,
    'b:x',
    bucketArguments({ ...args, refund: 0, refundAtUs: 0, aheadUs: -1, untilUs: 0 }),
  );
  assert.equal(readBucket(reply).granted, 10);
});
