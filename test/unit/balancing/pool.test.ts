import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PoolSettings } from '../../../src/config/settings.ts';
import { hashString32 } from '../../../src/core/hash.ts';
import { BackendRow } from '../../../src/backends/backend-row.ts';
import { allocateBackendTable, BackendTable } from '../../../src/backends/backend-table.ts';
import { Circuits } from '../../../src/breaker/circuits.ts';
import { type PoolBackend } from '../../../src/balancing/pool.ts';
import { poolPorts, TestedPool } from '../../support/pool-ports.ts';
import { backendSettings, CIRCUIT, HEALTH_CHECK, poolSettings, snapshotBackend } from '../../support/pool-settings.ts';

/** Counts how often the flags are read: a list that is kept reads none. */
class CountingTable extends BackendTable {
  reads = 0;

  override isEnabled(index: number): boolean {
    this.reads += 1;
    return super.isEnabled(index);
  }
}

/** A pool of the backends a, b, c (as many as named) in slots 0, 1, 2, as two threads see it. */
function newPool(names = 'abc', more: Partial<PoolSettings> = {}) {
  const buffers = allocateBackendTable(2);
  const table = new CountingTable(buffers);
  const backends = Array.from(names).map((name, index) =>
    snapshotBackend(name, index, { url: `http://${name}.test:8080/base/` }),
  );
  for (const { index } of backends) table.occupy(index, 1, true);
  const turns = new Int32Array(new SharedArrayBuffer(64));
  const settings = poolSettings(
    backends.map(({ id }) => backendSettings(id)),
    more,
  );
  const [one, two] = [0, 1].map((thread) => {
    const circuits = new Circuits(table, new BackendRow(table, thread), () => 0.5);
    return {
      circuits,
      pool: new TestedPool({ settings, index: 3, backends }, poolPorts(table, { thread, circuits, turns })),
    };
  }) as [{ circuits: Circuits; pool: TestedPool }, { circuits: Circuits; pool: TestedPool }];
  const ids = (nowMs = 0): string =>
    one.pool
      .available(nowMs)
      .map(({ id }) => id)
      .join('');
  const trip = (index: number, nowMs = 0): void => {
    for (let failure = 0; failure < 5; failure += 1) {
      one.circuits.failed(index, one.circuits.admit(index, CIRCUIT, nowMs), CIRCUIT, nowMs);
    }
  };
  return { table, one, two, ids, trip, pool: one.pool };
}

const picked = (pool: TestedPool, nowMs = 0, tried: readonly PoolBackend[] = []): string | undefined =>
  pool.pick(0, nowMs, tried)?.backend.id;

describe('the backends of a pool', () => {
  it('have what picking and forwarding need', () => {
    const [backend] = newPool('a').pool.backends;
    assert.equal(backend!.idHash, hashString32('a', 0));
    assert.equal(backend!.url.host, 'a.test:8080');
    assert.equal(backend!.basePath, '/base');
    assert.equal(backend!.weight, 1);
  });

  it('take turns that all threads share', () => {
    const { one, two } = newPool();
    assert.deepEqual([picked(one.pool), picked(two.pool), picked(one.pool), picked(two.pool)], ['a', 'b', 'c', 'a']);
  });

  it('that were tried are not picked again', () => {
    const { pool } = newPool();
    const [a, b, c] = pool.backends as [PoolBackend, PoolBackend, PoolBackend];
    for (let turn = 0; turn < 10; turn += 1) assert.equal(picked(pool, 0, [a, c]), 'b');
    assert.equal(picked(pool, 0, [a, b, c]), undefined);
  });

  it('that are none are not picked', () => assert.equal(newPool('').pool.pick(0, 0, []), null));
});

describe('a backend that answered slowly once', () => {
  it('is asked again after two seconds, and gets its share back when it is fast again', () => {
    const { pool, table } = newPool('abc', { algorithm: 'two-choices' });
    const row = new BackendRow(table, 0);
    const counts = new Map<string, number>();
    const ask = (nowMs: number, latencyOf: (id: string) => number): void => {
      const pick = pool.pick(0, nowMs, [])!;
      const { backend } = pick;
      pool.release(pick);
      row.answered(backend.index, latencyOf(backend.id), nowMs);
      counts.set(backend.id, (counts.get(backend.id) ?? 0) + 1);
    };
    for (const index of [0, 1]) row.answered(index, 3, 0);
    row.answered(2, 2000, 0);
    for (let nowMs = 0; nowMs <= 2000; nowMs += 1) ask(nowMs, () => 3);
    assert.equal(counts.get('c'), undefined);
    counts.clear();
    for (let nowMs = 2001; nowMs < 5001; nowMs += 1) ask(nowMs, () => 3);
    assert.ok(counts.get('c')! > 850, `${counts.get('c')} of 3000`);
  });

  it('that stays slow is asked once in two seconds', () => {
    const { pool, table } = newPool('abc', { algorithm: 'two-choices' });
    const row = new BackendRow(table, 0);
    let slow = 0;
    for (let nowMs = 0; nowMs < 20_000; nowMs += 1) {
      const pick = pool.pick(0, nowMs, [])!;
      const { backend } = pick;
      pool.release(pick);
      if (backend.id === 'c') slow += 1;
      row.answered(backend.index, backend.id === 'c' ? 2000 : 3, nowMs);
    }
    assert.ok(slow >= 8 && slow <= 11, `${slow} times in 20 s`);
  });
});

describe('the list of available backends', () => {
  it('is kept while nothing changes', () => {
    const { table, pool } = newPool();
    pool.available(0);
    const { reads } = table;
    for (let nowMs = 0; nowMs < 1e6; nowMs += 1000) assert.equal(pool.available(nowMs).length, 3);
    assert.equal(table.reads, reads);
  });

  it('follows every change of the table', () => {
    const { table, ids, trip } = newPool();
    assert.equal(ids(), 'abc');
    table.setDraining(0, true);
    assert.equal(ids(), 'bc');
    table.setEnabled(1, false);
    assert.equal(ids(), 'c');
    table.setDraining(0, false);
    assert.equal(ids(), 'ac');
    trip(0);
    assert.equal(ids(), 'c');
    table.setHealth(2, 'down');
    assert.equal(ids(), '');
  });

  it('has a backend again when its ejection runs out, without any change', () => {
    const { table, ids } = newPool();
    table.setEjectedUntil(0, 1000);
    table.setEjectedUntil(1, 500);
    assert.equal(ids(0), 'c');
    assert.equal(ids(499), 'c');
    assert.equal(ids(500), 'bc');
    assert.equal(ids(999), 'bc');
    assert.equal(ids(1000), 'abc');
  });

  it('has a backend again when its circuit may be tried, without any change', () => {
    const { ids, trip } = newPool();
    trip(1);
    assert.equal(ids(9999), 'ac');
    assert.equal(ids(10_000), 'abc');
  });

  it('carries the weights of now', () => {
    const { table, pool } = newPool('ab');
    table.setWeight(1, 2.5);
    assert.deepEqual(
      pool.available(0).map(({ weight }) => weight),
      [1, 2.5],
    );
  });
});

describe('health', () => {
  const withProbes = { healthCheck: { ...HEALTH_CHECK, enabled: true } };

  it('that is unknown gets traffic only as long as nothing is up', () => {
    const { table, ids } = newPool('abc', withProbes);
    assert.equal(ids(), 'abc');
    table.setHealth(1, 'up');
    assert.equal(ids(), 'b');
    table.setHealth(0, 'up');
    assert.equal(ids(), 'ab');
    table.setHealth(0, 'down');
    table.setHealth(1, 'down');
    assert.equal(ids(), 'c');
  });

  it('is not asked for when nobody probes', () => {
    const { table, ids } = newPool();
    table.setHealth(1, 'up');
    assert.equal(ids(), 'abc');
  });

  it('that is up does not help a backend that is unavailable otherwise', () => {
    const { table, ids } = newPool('ab', withProbes);
    table.setHealth(0, 'up');
    table.setEjectedUntil(0, 1000);
    assert.equal(ids(0), 'b');
    assert.equal(ids(1000), 'a');
  });
});

describe('a half-open circuit', () => {
  it('falls through to another backend when other threads have its trials', () => {
    const { one, two, trip } = newPool('ab');
    trip(0);
    for (let trial = 0; trial < 3; trial += 1) {
      assert.equal(one.pool.available(10_000).length, 2);
      two.circuits.admit(0, CIRCUIT, 10_000);
    }
    for (let turn = 0; turn < 4; turn += 1) assert.equal(picked(one.pool, 10_000), 'b');
  });

  it('leaves nothing to pick when it is the only one', () => {
    const { one, trip } = newPool('a');
    trip(0);
    for (let trial = 0; trial < 3; trial += 1) assert.equal(picked(one.pool, 10_000), 'a');
    assert.equal(one.pool.pick(0, 10_000, []), null);
  });

  it('gives the pick its pass, which a closed circuit takes no trial for', () => {
    const { one, trip } = newPool('a');
    assert.ok(one.pool.pick(0, 0, [])!.pass < 0);
    trip(0);
    assert.ok(one.pool.pick(0, 10_000, [])!.pass >= 0);
  });

  it('is picked again when a trial is given back', () => {
    const { one, two, trip } = newPool('a');
    trip(0);
    const passes = [1, 2, 3].map(() => two.circuits.admit(0, CIRCUIT, 10_000));
    assert.equal(picked(one.pool, 10_000), undefined);
    two.circuits.released(0, passes[0]!);
    assert.equal(picked(one.pool, 10_000), 'a');
  });
});

describe('panic', () => {
  it('is off by default: nothing available, nothing picked', () => {
    const { table, pool } = newPool('ab');
    for (const index of [0, 1]) table.setHealth(index, 'down');
    assert.equal(pool.pick(0, 0, []), null);
  });

  it('tries those that are down or ejected, but not those that an operator took out', () => {
    const { table, pool } = newPool('abcd', { panic: true });
    table.setHealth(0, 'down');
    table.setEjectedUntil(1, 1000);
    table.setDraining(2, true);
    table.setEnabled(3, false);
    const ids = new Set(Array.from({ length: 8 }, () => picked(pool)));
    assert.deepEqual(ids, new Set(['a', 'b']));
  });

  it('does not try those whose circuit an operator opened, until its time is up', () => {
    const { one, pool } = newPool('ab', { panic: true });
    one.circuits.forceOpen(0, 1000);
    one.circuits.forceOpen(1, 2000);
    assert.equal(pool.pick(0, 999, []), null);
    assert.equal(pool.retryAfterMs(0), 1000);
    assert.equal(pool.pick(0, 1000, [])?.backend.id, 'a');
  });

  it('tries those behind an open circuit too, and their outcome is no trial', () => {
    const { one, table, pool, trip } = newPool('ab', { panic: true });
    trip(0);
    trip(1);
    const picks = [pool.pick(0, 1, []), pool.pick(0, 1, [])];
    assert.deepEqual(new Set(picks.map((pick) => pick?.backend.id)), new Set(['a', 'b']));
    for (const pick of picks) one.circuits.succeeded(pick!.backend.index, pick!.pass, CIRCUIT, 2);
    for (const pick of picks) one.circuits.failed(pick!.backend.index, pick!.pass, CIRCUIT, 3);
    assert.deepEqual([table.openUntil(0), table.openUntil(1)], [10_000, 10_000]);
    assert.equal(one.circuits.wouldAdmit(0, CIRCUIT, 9999), false);
  });

  it('tries the only one that is half-open when all its trials are taken', () => {
    const { two, pool, trip } = newPool('a', { panic: true });
    trip(0);
    pool.available(10_000);
    for (let trial = 0; trial < 3; trial += 1) two.circuits.admit(0, CIRCUIT, 10_000);
    assert.equal(picked(pool, 10_000), 'a');
  });

  it('does not repeat a request on a backend that was tried', () => {
    const { table, pool } = newPool('ab', { panic: true });
    const [a, b] = pool.backends as [PoolBackend, PoolBackend];
    for (const index of [0, 1]) table.setHealth(index, 'down');
    assert.equal(picked(pool, 0, [a]), 'b');
    assert.equal(picked(pool, 0, [a, b]), undefined);
  });

  it('is no reason to repeat a request on one that is down, while another is up', () => {
    const { table, pool } = newPool('ab', { panic: true });
    table.setHealth(1, 'down');
    assert.equal(picked(pool, 0, [pool.backends[0]!]), undefined);
  });

  it('is over as soon as one is available', () => {
    const { table, pool } = newPool('ab', { panic: true });
    table.setHealth(0, 'down');
    table.setEjectedUntil(1, 1000);
    assert.deepEqual(new Set([picked(pool, 999), picked(pool, 999)]), new Set(['a', 'b']));
    assert.deepEqual(new Set([picked(pool, 1000), picked(pool, 1000)]), new Set(['b']));
  });
});
