import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocateClientTable } from '../../../src/limits/client-table-memory.ts';
import { type BucketPolicy, ClientTable } from '../../../src/limits/client-table.ts';

const NOW = 1_000_000;
/** An empty bucket is full again after 10 s. */
const TEN: BucketPolicy = { capacity: 10, ratePerSecond: 1 };
/** Clients whose hash has this upper half share the first window of the table. */
const HOME = 0;
/** Slots that a client may be in. */
const WINDOW = 32;

/** Instances over one buffer act as threads. */
function newTables(clients = 100, threads = 2): [ClientTable, ClientTable] {
  const buffers = allocateClientTable(clients);
  return Array.from({ length: threads }, (_, writer) => new ClientTable(buffers, writer)) as [ClientTable, ClientTable];
}

/** Takes one token after the other until the client is refused. */
function drain(table: ClientTable, lo: number, hi: number, policy = TEN, nowMs = NOW): number {
  let taken = 0;
  while (taken < 10_000 && table.take(lo, hi, 1, policy, nowMs)) taken += 1;
  return taken;
}

const tokens = (table: ClientTable, lo: number, hi = HOME, nowMs = NOW): number | null =>
  table.tokens(lo, hi, TEN, nowMs);

function near(actual: number | null, expected: number, tolerance = 1e-3): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
}

describe('a table', () => {
  it('has a size from 1 to 16 million clients', () => {
    for (const clients of [0, 0.5, -1, 16_000_001, NaN]) {
      assert.throws(
        () => allocateClientTable(clients),
        new RangeError(`clients: found ${clients}; allowed: 1 to 16000000`),
      );
    }
    assert.ok(allocateClientTable(1).slots >= 64);
    assert.equal(allocateClientTable(1000).slots, 1500);
  });

  it('takes at most 64 bytes a client', () => {
    const { memory } = allocateClientTable(100_000);
    assert.ok(memory.byteLength <= 64 * 100_000);
  });

  it('takes at most 40 bytes a client more if limits are shared', () => {
    const bytes = ({ memory, counters, fleet }: ReturnType<typeof allocateClientTable>): number =>
      memory.byteLength + counters.byteLength + fleet.byteLength;
    const more = bytes(allocateClientTable(1_000_000, true)) - bytes(allocateClientTable(1_000_000));
    assert.ok(more > 0 && more <= 40 * 1_000_000, `${more} bytes`);
  });
});

describe('a bucket', () => {
  it('gives its capacity, over all threads, and refuses then', () => {
    const [one, two] = newTables();
    for (let taken = 0; taken < 10; taken += 1) assert.equal((taken % 2 ? one : two).take(5, 6, 1, TEN, NOW), true);
    assert.equal(one.take(5, 6, 1, TEN, NOW), false);
    assert.equal(two.take(5, 6, 1, TEN, NOW), false);
  });

  it('has a token again when its time has come, not before', () => {
    const [table] = newTables();
    drain(table, 5, 6);
    assert.equal(table.take(5, 6, 1, TEN, NOW + 999), false);
    assert.equal(table.take(5, 6, 1, TEN, NOW + 1000), true);
    assert.equal(table.take(5, 6, 1, TEN, NOW + 1000), false);
  });

  it('gives nothing for a clock that goes back', () => {
    const [table] = newTables();
    drain(table, 5, 6);
    assert.equal(table.take(5, 6, 1, TEN, NOW - 5000), false);
    assert.equal(table.take(5, 6, 1, TEN, NOW + 999), false);
  });

  it('takes a cost whole or not at all', () => {
    const [table] = newTables();
    assert.equal(table.take(5, 6, 7, TEN, NOW), true);
    assert.equal(table.take(5, 6, 4, TEN, NOW), false);
    near(tokens(table, 5, 6), 3);
    assert.equal(table.take(5, 6, 3, TEN, NOW), true);
  });

  it('leaves its settings and level behind for the fields of the answer', () => {
    const [table] = newTables();
    assert.equal(table.take(5, 6, 4, TEN, NOW), true);
    assert.deepEqual([table.capacity, table.ratePerSecond, table.tatMs, table.isOverflow], [10, 1, NOW + 4000, false]);
    assert.equal(table.take(5, 6, 7, TEN, NOW), false);
    assert.equal(table.tatMs, NOW + 4000);
  });

  it('of a client that never came is not there', () => {
    const [table] = newTables();
    assert.equal(tokens(table, 5, 6), null);
    assert.equal(table.isRegistered(5, 6), false);
    table.refund(5, 6, 1, TEN, NOW);
    table.unregister(5, 6, TEN, NOW);
    table.restore(5, 6, 1, NOW);
    assert.equal(tokens(table, 5, 6), null);
  });

  it('gets tokens back that are refunded, and never more than fit', () => {
    const [one, two] = newTables();
    one.take(5, 6, 7, TEN, NOW);
    two.refund(5, 6, 3, TEN, NOW);
    near(tokens(one, 5, 6), 6);
    two.refund(5, 6, 100, TEN, NOW);
    assert.equal(drain(one, 5, 6), 10);
  });

  it('of two clients in the same window stay apart', () => {
    const [table] = newTables();
    for (let lo = 1; lo <= WINDOW; lo += 1) assert.equal(drain(table, lo, HOME), 10, `client ${lo}`);
    for (let lo = 1; lo <= WINDOW; lo += 1) assert.equal(table.take(lo, HOME, 1, TEN, NOW), false, `client ${lo}`);
  });

  it('of the highest hash is inside the table', () => {
    const [table] = newTables();
    for (let lo = 1; lo <= WINDOW; lo += 1) assert.equal(drain(table, lo, 0xffffffff), 10);
    assert.equal(table.isOverflow, false);
  });
});

describe('a registered client', () => {
  const own: BucketPolicy = { capacity: 100, ratePerSecond: 20 };

  it('has settings of its own on every thread, whatever the default policy', () => {
    const [one, two] = newTables();
    assert.equal(one.register(5, 6, own, TEN, NOW), true);
    assert.equal(two.isRegistered(5, 6), true);
    assert.equal(drain(two, 5, 6), 100);
    assert.deepEqual([two.capacity, two.ratePerSecond], [100, 20]);
    assert.equal(one.take(5, 6, 1, TEN, NOW + 49), false);
    assert.equal(one.take(5, 6, 1, TEN, NOW + 50), true);
  });

  it('is rescaled, not refilled, when it is registered', () => {
    const [table] = newTables();
    table.take(5, 6, 8, TEN, NOW);
    table.register(5, 6, own, TEN, NOW);
    near(tokens(table, 5, 6), 20);
  });

  it('is rescaled from its own settings when they change', () => {
    const [table] = newTables();
    table.register(5, 6, own, TEN, NOW);
    table.take(5, 6, 50, TEN, NOW);
    table.register(5, 6, { capacity: 10, ratePerSecond: 5 }, TEN, NOW);
    near(tokens(table, 5, 6), 5);
    drain(table, 5, 6);
    table.register(5, 6, { capacity: 1000, ratePerSecond: 1000 }, TEN, NOW);
    near(tokens(table, 5, 6), 0);
  });

  it('that is registered again with the same settings keeps its level', () => {
    const [table] = newTables();
    table.register(5, 6, own, TEN, NOW);
    table.take(5, 6, 30, TEN, NOW);
    for (let turn = 0; turn < 1000; turn += 1) table.register(5, 6, own, TEN, NOW);
    near(tokens(table, 5, 6), 70);
  });

  it('has the default policy again when it is unregistered, rescaled to it', () => {
    const [table] = newTables();
    table.register(5, 6, own, TEN, NOW);
    table.take(5, 6, 50, TEN, NOW);
    table.unregister(5, 6, TEN, NOW);
    assert.equal(table.isRegistered(5, 6), false);
    near(tokens(table, 5, 6), 5);
    table.unregister(5, 6, TEN, NOW);
    near(tokens(table, 5, 6), 5);
  });

  it('gets the level back that was saved', () => {
    const [table] = newTables();
    table.register(5, 6, own, TEN, NOW);
    table.restore(5, 6, 33, NOW);
    near(tokens(table, 5, 6), 33);
    table.restore(5, 6, -5, NOW);
    near(tokens(table, 5, 6), -5);
    table.restore(5, 6, -1e9, NOW);
    near(tokens(table, 5, 6), -100);
    table.restore(5, 6, 1e9, NOW);
    near(tokens(table, 5, 6), 100);
  });

  it('is never restored when it is not registered', () => {
    const [table] = newTables();
    table.take(5, 6, 1, TEN, NOW);
    table.restore(5, 6, 0, NOW);
    near(tokens(table, 5, 6), 9);
  });

  it('gets refunds at its own rate', () => {
    const [table] = newTables();
    table.register(5, 6, own, TEN, NOW);
    table.take(5, 6, 50, TEN, NOW);
    table.refund(5, 6, 10, TEN, NOW);
    near(tokens(table, 5, 6), 60);
  });

  it('is never evicted, though its bucket is full', () => {
    const [table] = newTables();
    table.register(1, HOME, own, TEN, NOW);
    for (let lo = 2; lo <= 1000; lo += 1) table.take(lo, HOME, 10, TEN, NOW);
    assert.equal(table.isRegistered(1, HOME), true);
  });

  it('is refused registration when its window has no room, and takes nothing from anybody', () => {
    const [table] = newTables();
    for (let lo = 1; lo <= WINDOW; lo += 1) table.register(lo, HOME, own, TEN, NOW);
    assert.equal(table.register(99, HOME, own, TEN, NOW), false);
    for (let lo = 1; lo <= WINDOW; lo += 1) assert.equal(table.isRegistered(lo, HOME), true);
    assert.equal(table.isRegistered(99, HOME), false);
  });
});

describe('eviction', () => {
  it('takes the slot of a full bucket, whose client notices nothing', () => {
    const [table] = newTables();
    for (let lo = 1; lo <= WINDOW; lo += 1) table.take(lo, HOME, 1, TEN, NOW);
    assert.equal(table.take(99, HOME, 1, TEN, NOW + 999), true);
    assert.equal(table.isOverflow, true);
    assert.equal(table.take(99, HOME, 1, TEN, NOW + 1000), true);
    assert.equal(table.isOverflow, false);
    assert.equal(tokens(table, 1, HOME, NOW + 1000), null);
    assert.equal(drain(table, 1, HOME, TEN, NOW + 1000), 10);
  });

  it('of any number of clients gives nobody tokens back', () => {
    const [one, two] = newTables(1);
    const clients = 2000;
    const taken = new Float64Array(clients);
    let overflowTaken = 0;
    // Everybody drains, again and again, over 5 s in which 5 of the 10 tokens come back.
    const rounds = 20;
    for (let round = 0; round <= rounds; round += 1) {
      const nowMs = NOW + (round * 5000) / rounds;
      for (let client = 0; client < clients; client += 1) {
        const hi = Math.imul(client + 1, 0x9e3779b1);
        const table = (client + round) % 2 ? one : two;
        while (table.take(client + 1, hi, 1, TEN, nowMs)) {
          if (table.isOverflow) overflowTaken += 1;
          else taken[client]! += 1;
        }
      }
    }
    assert.equal(overflowTaken, 256 * 15, 'the others share the overflow buckets');
    assert.ok(taken.filter((count) => count > 0).length >= 90, 'its slots are in use');
    // The buckets of its slots: 10 at first, then 5.
    assert.deepEqual(
      [...new Set(taken)].toSorted((a, b) => a - b),
      [0, 15],
    );
  });

  it('happens all the time in a table that is too small, and each client still gets its due', () => {
    const [table] = newTables(1);
    const taken = new Map<number, number>();
    const policy = { capacity: 2, ratePerSecond: 100 };
    // Ten clients at a time; each comes back every second, when its bucket has long been full and its slot is gone.
    for (let step = 0; step < 1000; step += 1) {
      for (let member = 0; member < 10; member += 1) {
        const client = (step * 10 + member) % 1000;
        while (table.take(client + 1, Math.imul(client + 1, 0x9e3779b1), 1, policy, NOW + step * 10)) {
          taken.set(client, (taken.get(client) ?? 0) + 1);
        }
      }
    }
    for (let client = 0; client < 1000; client += 1) assert.equal(taken.get(client), 20, `client ${client}`);
  });
});

describe('when all slots of a window are in use', () => {
  function fullWindow(): [ClientTable, ClientTable] {
    const tables = newTables();
    for (let lo = 1; lo <= WINDOW; lo += 1) tables[0].take(lo, HOME, 10, TEN, NOW);
    return tables;
  }

  it('further clients share overflow buckets, and it shows', () => {
    const [one, two] = fullWindow();
    assert.equal(drain(one, 0x100, HOME), 10);
    assert.equal(one.isOverflow, true);
    // The same bucket: the lower eight bits of the hash are the same.
    assert.equal(two.take(0x200, HOME, 1, TEN, NOW), false);
    assert.equal(drain(two, 0x201, HOME), 10);
  });

  it('an overflow bucket fills like any other', () => {
    const [table] = fullWindow();
    drain(table, 0x100, HOME);
    assert.equal(table.take(0x100, HOME, 1, TEN, NOW + 999), false);
    assert.equal(table.take(0x100, HOME, 1, TEN, NOW + 1000), true);
    assert.equal(table.isOverflow, true);
  });

  it('tokens of an overflow bucket are refunded to it', () => {
    const [table] = fullWindow();
    for (let turn = 0; turn < 50; turn += 1) {
      assert.equal(table.take(0x100, HOME, 4, TEN, NOW), true);
      table.refund(0x100, HOME, 4, TEN, NOW);
    }
    assert.equal(drain(table, 0x100, HOME), 10);
  });

  it('an overflow bucket gets no refund of what was taken from a slot', () => {
    const [one, two] = fullWindow();
    drain(two, 0x101, HOME);
    assert.equal(one.take(1, HOME, 1, TEN, NOW + 1000), true);
    // Client 1 loses its slot: its bucket has been full for long.
    for (let lo = 0x301; lo < 0x301 + WINDOW; lo += 1) two.take(lo, HOME, 10, TEN, NOW + 60_000);
    one.refund(1, HOME, 1, TEN, NOW);
    assert.equal(two.take(0x101, HOME, 1, TEN, NOW + 999), false);
  });

  it('the next take of a client with a slot does not count as overflow', () => {
    const [table] = fullWindow();
    table.take(0x100, HOME, 1, TEN, NOW);
    table.take(1, HOME, 1, TEN, NOW + 1000);
    assert.equal(table.isOverflow, false);
  });

  it('no amount of clients gets more than the overflow buckets hold', () => {
    const [table] = fullWindow();
    let taken = 0;
    for (let lo = 0x100; lo < 0x100 + 5000; lo += 1) taken += drain(table, lo, HOME);
    assert.equal(taken, 256 * 10);
  });
});

describe('the count of active clients', () => {
  it('counts buckets that are not full, in the slots asked for', () => {
    const [table] = newTables();
    for (let lo = 1; lo <= 20; lo += 1) table.take(lo, HOME, lo <= 5 ? 1 : 5, TEN, NOW);
    const count = (nowMs: number): number => table.countActive(0, table.length, nowMs);
    assert.equal(count(NOW), 20);
    assert.equal(count(NOW + 1000), 15);
    assert.equal(count(NOW + 5000), 0);
    assert.equal(table.countActive(0, 7, NOW), 7);
    assert.equal(table.countActive(20, table.length, NOW), 0);
  });
});

describe('a client whose slot lies behind the full bucket of another', () => {
  it('can be registered', () => {
    const [table] = newTables();
    table.take(1, HOME, 1, TEN, NOW);
    table.take(2, HOME, 10, TEN, NOW);
    assert.equal(table.register(2, HOME, { capacity: 100, ratePerSecond: 10 }, TEN, NOW + 1000), true);
    near(tokens(table, 2, HOME, NOW + 1000), 10);
    near(tokens(table, 1, HOME, NOW + 1000), 10);
  });
});

describe('a slot that a dead thread was changing', () => {
  /** The table as a thread left it that died after claiming the first slot of the window for client 1. */
  function withClaim(isKeyWritten: boolean) {
    const buffers = allocateClientTable(100);
    const [one, two] = [0, 1].map((writer) => new ClientTable(buffers, writer)) as [ClientTable, ClientTable];
    if (isKeyWritten) one.take(1, HOME, 1, TEN, NOW);
    const floats = new Float64Array(buffers.memory);
    const claim = (writer: number): void => {
      floats[1] = -(writer + 1);
    };
    claim(1);
    return { one, two, floats, claim };
  }

  it('is given back by releaseClaims, only for that thread', () => {
    const { one } = withClaim(true);
    assert.equal(one.releaseClaims(0), 0);
    assert.equal(one.releaseClaims(1), 1);
    assert.equal(one.releaseClaims(1), 0);
    assert.equal(drain(one, 1, HOME), 10);
  });

  it('may be in the middle of the table or behind its end', () => {
    const buffers = allocateClientTable(100);
    const table = new ClientTable(buffers, 0);
    const floats = new Float64Array(buffers.memory);
    for (const slot of [0, 50, table.length - 1]) floats[slot * 4 + 1] = -3;
    assert.equal(table.releaseClaims(2), 3);
  });

  it('lets requests through meanwhile: better than to refuse everybody', () => {
    const { one, floats } = withClaim(true);
    assert.equal(one.take(1, HOME, 1, TEN, NOW), true);
    assert.equal(floats[1], -2, 'the claim is untouched');
  });

  it('sends a new client of its window to an overflow bucket meanwhile', () => {
    const { one } = withClaim(false);
    assert.equal(one.take(7, HOME, 1, TEN, NOW), true);
    assert.equal(one.isOverflow, true);
    one.releaseClaims(1);
    assert.equal(one.take(7, HOME, 1, TEN, NOW), true);
    assert.equal(one.isOverflow, false);
  });

  it('refuses a registration there meanwhile instead of waiting forever', () => {
    const { one } = withClaim(true);
    assert.equal(one.register(1, HOME, { capacity: 5, ratePerSecond: 1 }, TEN, NOW), false);
    one.unregister(1, HOME, TEN, NOW);
    one.releaseClaims(1);
    assert.equal(one.register(1, HOME, { capacity: 5, ratePerSecond: 1 }, TEN, NOW), true);
  });

  it('belongs to nobody afterwards, because its key may be half written or another slot’s', () => {
    const { one } = withClaim(true);
    one.releaseClaims(1);
    assert.equal(tokens(one, 1), null);
    assert.equal(one.take(1, HOME, 1, TEN, NOW), true);
    near(tokens(one, 1), 9);
  });

  it('stays its client’s when that is registered', () => {
    const { one, claim } = withClaim(false);
    one.releaseClaims(1);
    one.register(1, HOME, TEN, TEN, NOW);
    claim(1);
    one.releaseClaims(1);
    assert.equal(one.isRegistered(1, HOME), true);
  });
});
