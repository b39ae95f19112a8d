import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../../src/core/random.ts';
import { SlidingWindow } from '../../../src/limits/core/sliding-window.ts';
import { allocateClientTable } from '../../../src/limits/client-table-memory.ts';
import { type BucketPolicy, ClientTable } from '../../../src/limits/client-table.ts';

const MINUTE: BucketPolicy = { capacity: 10, ratePerSecond: 10 / 60, windowMs: 60_000 };
const BUCKET: BucketPolicy = { capacity: 10, ratePerSecond: 1 };
/** Somewhere in the middle of a window. */
const NOW = 90_000;

/** Two tables over one memory, as in two threads. */
function newTables(clients = 100): [ClientTable, ClientTable] {
  const buffers = allocateClientTable(clients);
  return [new ClientTable(buffers, 0), new ClientTable(buffers, 1)];
}

function admitted(tables: readonly ClientTable[], count: number, nowMs: number, policy = MINUTE, key = 5): number {
  let taken = 0;
  for (let at = 0; at < count; at += 1) if (tables[at % tables.length]!.take(key, key, 1, policy, nowMs)) taken += 1;
  return taken;
}

describe('a sliding window in the table', () => {
  it('admits exactly its limit over all threads, wherever in a window the burst comes', () => {
    for (let phase = 0; phase <= 60_000; phase += 3750) {
      const tables = newTables();
      assert.equal(admitted(tables, 25, NOW + phase), 10, `at ${phase}`);
      assert.equal(admitted(tables, 25, NOW + phase + 1), 0);
    }
  });

  it('does what the algorithm by itself does, request by request', () => {
    const random = seededRandom(7);
    const tables = newTables();
    const alone = new SlidingWindow({ limit: 10, windowMs: 60_000 });
    let nowMs = NOW;
    for (let at = 0; at < 20_000; at += 1) {
      nowMs += random() * (random() < 0.001 ? 200_000 : 9000);
      const cost = 1 + Math.floor(random() * 3);
      assert.equal(tables[at & 1]!.take(5, 6, cost, MINUTE, nowMs), alone.take(cost, nowMs) === 0, `request ${at}`);
    }
  });

  it('counts nothing of what was refused or refunded, also when a new window has begun', () => {
    const [one, two] = newTables();
    assert.equal(one.take(5, 5, 11, MINUTE, NOW), false);
    assert.equal(admitted([one], 4, NOW), 4);
    two.refund(5, 5, 3, MINUTE, NOW);
    assert.equal(one.tokens(5, 5, MINUTE, NOW), 9);
    assert.equal(one.take(5, 5, 1, MINUTE, 120_000), true);
    two.refund(5, 5, 1, MINUTE, NOW);
    assert.equal(one.tokens(5, 5, MINUTE, 120_000), 9, 'only what was taken in this window');
    two.refund(5, 5, 1, MINUTE, 240_000);
    assert.ok(one.tokens(5, 5, MINUTE, 120_000)! <= 10);
  });

  it('gives nothing away when a clock is behind', () => {
    const tables = newTables();
    assert.equal(admitted(tables, 20, 120_000), 10);
    assert.equal(admitted(tables, 20, 119_999), 0);
    assert.equal(admitted(tables, 20, 0), 0);
  });

  it('keeps its slot until both counters count for nothing', () => {
    const [table] = newTables(1);
    const slots = 64;
    for (let key = 1; key <= slots * 4; key += 1) table.take(key, Math.imul(key, 0x9e3779b1), 10, MINUTE, NOW);
    assert.equal(table.isOverflow, true);
    const held = table.countActive(0, table.length, 179_999);
    assert.ok(held > slots / 2, `${held}`);
    assert.equal(table.countActive(0, table.length, 180_000), 0);
    const kept = Array.from({ length: slots * 4 }, (_, at) => at + 1).filter(
      (key) => table.tokens(key, Math.imul(key, 0x9e3779b1), MINUTE, NOW) !== null,
    );
    for (const key of kept) assert.equal(table.take(key, Math.imul(key, 0x9e3779b1), 1, MINUTE, NOW + 1), false);
  });

  it('finds nothing of an earlier owner of its slot', () => {
    const [table] = newTables(1);
    for (let round = 0; round < 50; round += 1) {
      const nowMs = NOW + round * 200_000;
      for (let key = 1; key <= 20; key += 1) {
        const hi = Math.imul(key + round * 20, 0x9e3779b1);
        assert.equal(table.take(key + round * 20, hi, 10, MINUTE, nowMs), true, `round ${round}, key ${key}`);
        assert.equal(table.isOverflow, false);
      }
    }
  });

  it('never admits more than twice the limit in overflow, no matter how many share it', () => {
    const [one, two] = newTables(1);
    let overflow = 0;
    for (let key = 1; key < 5000; key += 1) {
      const table = key & 1 ? one : two;
      while (table.take(key, Math.imul(key, 0x9e3779b1), 1, MINUTE, NOW)) if (table.isOverflow) overflow += 1;
    }
    assert.equal(overflow, 256 * 10);
  });
});

describe('settings of a window', () => {
  it('of its own hold for a registered client, which keeps what it used when it gets them', () => {
    const [one, two] = newTables();
    assert.equal(admitted([one], 5, NOW, BUCKET), 5);
    assert.ok(one.register(5, 5, { ...MINUTE, capacity: 20 }, BUCKET, NOW));
    assert.equal(two.tokens(5, 5, BUCKET, NOW), 10, 'half was used');
    assert.equal(admitted([one, two], 20, NOW, BUCKET), 10);
    assert.deepEqual([two.capacity, two.windowMs], [20, 60_000]);
    two.unregister(5, 5, BUCKET, NOW);
    assert.equal(Math.round(one.tokens(5, 5, BUCKET, NOW)!), 0);
  });

  it('with another limit and the same length keep what was counted', () => {
    const [table] = newTables();
    table.register(5, 5, MINUTE, BUCKET, NOW);
    assert.equal(admitted([table], 20, NOW, BUCKET), 10);
    for (let change = 0; change < 100; change += 1) {
      table.register(5, 5, { ...MINUTE, capacity: change % 2 === 0 ? 15 : 10 }, BUCKET, NOW);
    }
    table.register(5, 5, { ...MINUTE, capacity: 15 }, BUCKET, NOW);
    assert.equal(admitted([table], 20, NOW, BUCKET), 5);
    assert.equal(admitted([table], 20, 135_000, BUCKET), 3, '15 from the window before weigh 11.25');
  });

  it('that become the default take over the share that was used, and the other way round', () => {
    const tables = newTables();
    assert.equal(admitted(tables, 5, NOW, BUCKET), 5);
    tables[0].rescaleDefault(BUCKET, MINUTE, NOW);
    assert.equal(admitted(tables, 20, NOW, MINUTE), 5);
    tables[1].rescaleDefault(MINUTE, { ...MINUTE, windowMs: 1000 }, NOW);
    assert.equal(admitted(tables, 20, NOW, { ...MINUTE, windowMs: 1000 }), 0);
    tables[1].rescaleDefault({ ...MINUTE, windowMs: 1000 }, BUCKET, NOW);
    assert.equal(admitted(tables, 20, NOW + 2001, BUCKET), 2);
  });

  it('that become the default do not touch what has another policy', () => {
    const [table] = newTables();
    const marked = 0x80000005;
    assert.equal(table.take(marked, 5, 10, BUCKET, NOW), true);
    table.rescaleDefault({ capacity: 1, ratePerSecond: 1 }, { capacity: 100, ratePerSecond: 0.001 }, NOW);
    assert.ok(Math.abs(table.tokens(marked, 5, BUCKET, NOW + 5000)! - 5) < 0.01);
  });

  it('find a saved level again', () => {
    const [table] = newTables();
    table.register(5, 5, MINUTE, BUCKET, NOW);
    table.restore(5, 5, 4, NOW);
    assert.equal(admitted([table], 20, NOW, BUCKET), 4);
    table.restore(5, 5, 10, NOW);
    assert.equal(admitted([table], 20, NOW, BUCKET), 10);
  });

  it('whose thread died in the middle of a change are available again, with nothing used', () => {
    const [one, two] = newTables();
    one.register(5, 5, MINUTE, BUCKET, NOW);
    assert.equal(one.releaseClaims(1), 0);
    assert.equal(two.take(5, 5, 1, BUCKET, NOW), true);
  });
});
