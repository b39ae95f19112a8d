import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type Limit, Limiter } from '../../../src/library/limiter.ts';

function limiterAt() {
  const clock = { ms: 0 };
  return { clock, limiter: new Limiter({ nowMs: () => clock.ms }) };
}

const BUCKET = { capacity: 2, ratePerSecond: 1 };

describe('Limiter', () => {
  it('admits the capacity, then the rate, to the millisecond, and says how long to wait', () => {
    const { clock, limiter } = limiterAt();
    const take = () => limiter.take('a', BUCKET);
    assert.deepEqual([take().isAllowed, take().isAllowed], [true, true]);
    const { isAllowed, remaining, waitMs, capacity } = take();
    assert.deepEqual(
      { isAllowed, remaining, waitMs, capacity },
      { isAllowed: false, remaining: 0, waitMs: 1000, capacity: 2 },
    );
    clock.ms = 999;
    assert.equal(take().isAllowed, false);
    clock.ms = 1000;
    assert.equal(take().isAllowed, true);
    clock.ms = 0;
    assert.equal(take().isAllowed, false);
  });

  it('admits a window’s capacity in a sliding window', () => {
    const { clock, limiter } = limiterAt();
    const take = () => limiter.take('a', { capacity: 2, windowMs: 1000 });
    assert.deepEqual([take().isAllowed, take().isAllowed, take().isAllowed], [true, true, false]);
    clock.ms = 1000;
    assert.equal(take().isAllowed, false);
    clock.ms = 2000;
    assert.equal(take().isAllowed, true);
  });

  it('keeps keys and limits apart, and charges costs', () => {
    const { limiter } = limiterAt();
    assert.equal(limiter.take('a', BUCKET, 2).isAllowed, true);
    assert.equal(limiter.take('a', BUCKET).isAllowed, false);
    assert.equal(limiter.take('b', BUCKET).isAllowed, true);
    assert.equal(limiter.take('a', { capacity: 3, ratePerSecond: 1 }).isAllowed, true);
    assert.equal(limiter.take('c', BUCKET, 3).waitMs, Infinity);
  });

  it('returns what was taken once, and nothing for a refusal', () => {
    const { limiter } = limiterAt();
    const taken = limiter.take('a', BUCKET, 2);
    const refused = limiter.take('a', BUCKET);
    refused.refund();
    assert.equal(limiter.take('a', BUCKET).isAllowed, false);
    taken.refund();
    taken.refund();
    assert.equal(limiter.take('a', BUCKET, 2).isAllowed, true);
    assert.equal(limiter.take('a', BUCKET).isAllowed, false);
  });

  it('limits more keys than it has room for, in a fixed memory', () => {
    const limiter = new Limiter({ maxClients: 1, nowMs: () => 0 });
    const { byteLength } = limiter.memory.table.memory;
    const limit = { capacity: 1, ratePerSecond: 0.001 };
    let allowed = 0;
    for (let key = 0; key < 5000; key += 1) if (limiter.take(String(key), limit).isAllowed) allowed += 1;
    assert.ok(allowed >= 64 && allowed < 1000, `${allowed}`);
    assert.equal(limiter.memory.table.memory.byteLength, byteLength);
  });

  it('admits exactly the capacity to several threads that share its memory', async () => {
    const { memory } = new Limiter();
    const url = new URL('../../../src/library/limiter.ts', import.meta.url).href;
    const program = `
      const { parentPort, workerData: { memory, url } } = require('node:worker_threads');
      import(url).then(({ Limiter }) => {
        const limiter = new Limiter({ memory });
        let allowed = 0;
        for (let turn = 0; turn < 20_000; turn += 1) {
          if (limiter.take('all', { capacity: 10_000, ratePerSecond: 0.001 }).isAllowed) allowed += 1;
        }
        parentPort.postMessage(allowed);
      });`;
    const counts = await Promise.all(
      [0, 1].map(async () => {
        const [allowed] = (await once(new Worker(program, { eval: true, workerData: { memory, url } }), 'message')) as [
          number,
        ];
        return allowed;
      }),
    );
    assert.equal(counts[0]! + counts[1]!, 10_000);
  });

  const wrong: [object, RegExp][] = [
    [{ capacity: 0, ratePerSecond: 1 }, /capacity must be 1 to 1000000000, not 0/],
    [{ capacity: NaN, ratePerSecond: 1 }, /capacity .* not NaN/],
    [{ capacity: 1, ratePerSecond: 0 }, /ratePerSecond must be above 0 and at most 1000000, not 0/],
    [{ capacity: 1e9, ratePerSecond: 1 }, /more than 366 days/],
    [{ capacity: 1, windowMs: 0 }, /windowMs must be 1 to 86400000, not 0/],
    [{ capacity: 1 }, /either ratePerSecond or windowMs/],
    [{ capacity: 1, ratePerSecond: 1, windowMs: 1 }, /either ratePerSecond or windowMs/],
  ];
  for (const [limit, message] of wrong) {
    it(`refuses ${JSON.stringify(limit)}`, () => {
      assert.throws(() => new Limiter().take('a', limit as Limit), { name: 'RangeError', message });
    });
  }

  it('refuses a cost that is not a whole number from 1, and a table of no clients', () => {
    for (const cost of [0, 1.5, -1, NaN]) {
      assert.throws(() => new Limiter().take('a', BUCKET, cost), { name: 'RangeError', message: /cost/ });
    }
    assert.throws(() => new Limiter({ maxClients: 0 }), { name: 'RangeError', message: /maxClients/ });
  });
});
