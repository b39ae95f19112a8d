/** Which backend a pool picks when they differ: backups, backends with limits, and those that sessions are bound to. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PoolSettings } from '../../../src/config/settings.ts';
import type { SnapshotBackend } from '../../../src/config/snapshot.ts';
import { BackendRow } from '../../../src/backends/backend-row.ts';
import { allocateBackendTable, BackendTable } from '../../../src/backends/backend-table.ts';
import { Circuits } from '../../../src/breaker/circuits.ts';
import { type Choice, type PoolBackend } from '../../../src/balancing/pool.ts';
import { poolPorts, TestedPool } from '../../support/pool-ports.ts';
import { CIRCUIT, HEALTH_CHECK, poolSettings, snapshotBackend } from '../../support/pool-settings.ts';

/** The pool as each of two threads sees it; backends a, b and so on are in slots 0, 1 and so on. */
function newPool(backends: readonly Partial<SnapshotBackend>[], more: Partial<PoolSettings> = {}) {
  const buffers = allocateBackendTable(2);
  const table = new BackendTable(buffers);
  const snapshot = backends.map((backend, index) => snapshotBackend('abcdef'[index]!, index, backend));
  for (const { index } of snapshot) table.occupy(index, 1, true);
  const [pool, other] = [0, 1].map(
    (thread) =>
      new TestedPool(
        { settings: poolSettings([], more), index: 0, backends: snapshot },
        poolPorts(new BackendTable(buffers), { thread }),
      ),
  ) as [TestedPool, TestedPool];
  const trip = (index: number): void => {
    const circuits = new Circuits(table, new BackendRow(table, 0), () => 0.5);
    for (let failure = 0; failure < 5; failure += 1) {
      circuits.failed(index, circuits.admit(index, CIRCUIT, 0), CIRCUIT, 0);
    }
  };
  return { table, pool, other, trip };
}

const idOf = (choice: Choice | null): string | undefined => choice?.backend.id;

/** The results of this many picks, sorted. */
function ids(pool: TestedPool, count = 6, tried: readonly PoolBackend[] = []): string {
  const picked = Array.from({ length: count }, () => idOf(pool.pick(0, 0, tried)) ?? '-');
  return [...new Set(picked)].sort().join('');
}

describe('a backup', () => {
  const BACKENDS = [{}, { backup: true }, {}, { backup: true }];

  it('is picked only when no other is available', () => {
    const { pool, table, trip } = newPool(BACKENDS);
    assert.equal(ids(pool), 'ac');
    table.setHealth(0, 'down');
    assert.equal(ids(pool), 'c');
    trip(2);
    assert.equal(ids(pool), 'bd');
    table.setHealth(0, 'up');
    assert.equal(ids(pool), 'a');
  });

  it('is picked after all others have been tried', () => {
    const { pool } = newPool(BACKENDS);
    const [a, b, c] = pool.backends as [PoolBackend, PoolBackend, PoolBackend];
    assert.equal(ids(pool, 6, [a]), 'c');
    assert.equal(ids(pool, 6, [a, c]), 'bd');
    assert.equal(ids(pool, 6, [a, b, c]), 'd');
  });

  it('that is up waits for others whose health is not known yet', () => {
    const { pool, table } = newPool(BACKENDS, { healthCheck: { ...HEALTH_CHECK, enabled: true } });
    table.setHealth(1, 'up');
    assert.equal(ids(pool), 'ac');
    table.setHealth(2, 'up');
    assert.equal(ids(pool), 'c');
    table.setHealth(0, 'down');
    table.setHealth(2, 'down');
    assert.equal(ids(pool), 'b');
  });
});

describe('a backend with a limit', () => {
  it('is picked as often as it may be, over all threads, and again when a slot is returned', () => {
    const { pool, other } = newPool([{ maxInFlight: 2 }]);
    const picks = [pool.pick(0, 0, []), other.pick(0, 0, [])];
    assert.equal(pool.pick(0, 0, []), null);
    assert.equal(pool.isFull, true);
    assert.equal(other.pick(0, 0, []), null);
    other.release(picks[1]!);
    assert.equal(idOf(pool.pick(0, 0, [])), 'a');
    assert.equal(other.pick(0, 0, []), null);
  });

  it('that is full leaves the others their shares', () => {
    const { pool } = newPool([{ maxInFlight: 1 }, {}, { maxInFlight: 1 }, {}]);
    for (let count = 0; count < 4; count += 1) pool.pick(0, 0, []);
    const picked = Array.from({ length: 2000 }, () => idOf(pool.pick(0, 0, [])));
    assert.deepEqual(new Set(picked), new Set(['b', 'd']));
    const share = picked.filter((id) => id === 'b').length / picked.length;
    // Half of them in turn, half random: 0.5 ± 6 standard deviations.
    assert.ok(Math.abs(share - 0.5) < 0.07, String(share));
  });

  it('that is full gives way to a backup', () => {
    const { pool } = newPool([{ maxInFlight: 1 }, { backup: true, maxInFlight: 1 }]);
    assert.deepEqual([idOf(pool.pick(0, 0, [])), idOf(pool.pick(0, 0, [])), pool.pick(0, 0, [])], ['a', 'b', null]);
    assert.equal(pool.isFull, true);
  });

  it('counts what ran before it had one', () => {
    const { pool, table } = newPool([{ maxInFlight: 2 }]);
    const row = new BackendRow(table, 1);
    row.started(0);
    row.started(0);
    assert.equal(pool.pick(0, 0, []), null);
    row.ended(0);
    assert.equal(idOf(pool.pick(0, 0, [])), 'a');
  });

  it('is not said to be full when it is down, open or tried', () => {
    const { pool, table, trip } = newPool([{ maxInFlight: 1 }, { maxInFlight: 1 }]);
    table.setHealth(0, 'down');
    trip(1);
    assert.equal(pool.pick(0, 0, []), null);
    assert.equal(pool.isFull, false);
  });

  it('has its slot back when a half-open circuit refuses', () => {
    const { pool, table, trip } = newPool([{ maxInFlight: 10 }]);
    trip(0);
    const trials = [1, 2, 3].map(() => pool.pick(0, 10_000, []));
    assert.ok(trials.every((pick) => pick !== null));
    assert.equal(pool.pick(0, 10_000, []), null);
    assert.equal(table.isFull(0, 4), false);
    assert.equal(table.isFull(0, 3), true);
  });

  it('keeps it in a panic', () => {
    const { pool, table } = newPool([{ maxInFlight: 1 }, { maxInFlight: 1 }], { panic: true });
    for (const index of [0, 1]) table.setHealth(index, 'down');
    assert.deepEqual(new Set([pool.pick(0, 0, []), pool.pick(0, 0, [])].map(idOf)), new Set(['a', 'b']));
    assert.equal(pool.pick(0, 0, []), null);
    assert.equal(pool.isFull, true);
  });

  it('causes no panic by being full', () => {
    const { pool, table } = newPool([{ maxInFlight: 1 }, {}], { panic: true });
    table.setHealth(1, 'down');
    assert.deepEqual([idOf(pool.pick(0, 0, [])), idOf(pool.pick(0, 0, []))], ['a', undefined]);
  });

  it('makes its pool one whose slots all threads share', () => {
    assert.equal(newPool([{ maxInFlight: 1 }]).pool.isLimited, true);
    assert.equal(newPool([{}]).pool.isLimited, false);
  });
});

describe('requests that wait for a slot', () => {
  /** A waiter in the pool's queue, which is looked at once when it comes; `offers` are those after that. */
  async function wait(pool: TestedPool, isLocal: boolean): Promise<{ offers: number }> {
    const state = { offers: -1 };
    const offer = (): boolean => (state.offers += 1) > 0;
    pool.queue.add({ sinceMs: 0, deadlineMs: 1000, isLocal, offer, expire: assert.fail });
    await Promise.resolve();
    assert.equal(state.offers, 0);
    return state;
  }

  it('is offered one as soon as it is returned', async () => {
    const { pool } = newPool([{ maxInFlight: 1 }]);
    const choice = pool.pick(0, 0, [])!;
    const waiter = await wait(pool, false);
    pool.release({ ...choice, hasConnection: false });
    await Promise.resolve();
    assert.equal(waiter.offers, 1);
  });

  it('is offered a connection as soon as it is returned', async () => {
    const { pool } = newPool([{}], { maxConnections: 1 });
    const choice = pool.pick(0, 0, [])!;
    const waiter = await wait(pool, true);
    pool.release(choice);
    await Promise.resolve();
    assert.equal(waiter.offers, 1);
  });
});

describe('the connections of a thread', () => {
  it('are as many as max_connections for each backend, and what takes none is not held up', () => {
    const { pool, other, table } = newPool([{}, {}], { maxConnections: 2 });
    const picks = Array.from({ length: 4 }, () => pool.pick(0, 0, [])!);
    assert.equal(pool.pick(0, 0, []), null);
    assert.deepEqual([pool.isFull, pool.hasNoConnection], [true, true]);
    assert.notEqual(pool.pick(0, 0, [], null, false), null);
    assert.equal(table.hasNoConnection(0, 2), false, 'the other thread has its own');
    assert.notEqual(other.pick(0, 0, []), null);
    pool.release(picks[1]!);
    assert.equal(pool.pick(0, 0, [])?.backend, picks[1]!.backend);
  });

  it('are left to a backup while all others are full', () => {
    const { pool } = newPool([{}, { backup: true }], { maxConnections: 1 });
    assert.deepEqual(
      [1, 2, 3].map(() => idOf(pool.pick(0, 0, []))),
      ['a', 'b', undefined],
    );
  });

  it('are not taken by a request that its circuit refuses', () => {
    const { pool, trip } = newPool([{}], { maxConnections: 4 });
    trip(0);
    const trials = [1, 2, 3].map(() => pool.pick(0, 10_000, [])!);
    assert.equal(pool.pick(0, 10_000, []), null);
    assert.equal(pool.isFull, false);
    for (const trial of trials) pool.release(trial);
    for (let count = 0; count < 4; count += 1) pool.pick(0, 10_000, [], pool.backends[0]);
    assert.equal(pool.hasNoConnection, false, 'three at most were held');
  });
});

describe('a session', () => {
  it('stays at its backend, even if that is draining or a backup', () => {
    const { pool, table } = newPool([{}, {}, { backup: true }]);
    const [, b, c] = pool.backends as [PoolBackend, PoolBackend, PoolBackend];
    table.setDraining(1, true);
    for (let count = 0; count < 3; count += 1) {
      assert.equal(idOf(pool.pick(0, 0, [], b)), 'b');
      assert.equal(idOf(pool.pick(0, 0, [], c)), 'c');
    }
  });

  it('leaves one that is disabled, down, ejected, open, full or tried', () => {
    const { pool, table, trip } = newPool([{}, { maxInFlight: 1 }]);
    const [a, b] = pool.backends as [PoolBackend, PoolBackend];
    const place = pool.pick(0, 0, [], b)!;
    assert.equal(idOf(pool.pick(0, 0, [], b)), 'a', 'full');
    pool.release(place);
    table.setEnabled(1, false);
    assert.equal(idOf(pool.pick(0, 0, [], b)), 'a', 'disabled');
    table.setEnabled(1, true);
    table.setHealth(1, 'down');
    assert.equal(idOf(pool.pick(0, 0, [], b)), 'a', 'down');
    table.setHealth(1, 'up');
    table.setEjectedUntil(1, 10);
    assert.equal(idOf(pool.pick(0, 0, [], b)), 'a', 'ejected');
    assert.equal(idOf(pool.pick(0, 10, [], b)), 'b');
    trip(0);
    assert.equal(idOf(pool.pick(0, 10, [b], a)), undefined, 'open');
    assert.equal(pool.pick(0, 10, [b], b), null, 'tried');
  });
});
