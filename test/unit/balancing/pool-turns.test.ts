/** The effect of retries, full backends and backups on the shares. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Algorithm, PoolSettings } from '../../../src/config/settings.ts';
import type { SnapshotBackend } from '../../../src/config/snapshot.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { allocateBackendTable, BackendTable } from '../../../src/backends/backend-table.ts';
import { type PoolBackend } from '../../../src/balancing/pool.ts';
import { poolPorts, TestedPool } from '../../support/pool-ports.ts';
import { poolSettings, snapshotBackend } from '../../support/pool-settings.ts';

function newPool(backends: readonly Partial<SnapshotBackend>[], more: Partial<PoolSettings> = {}) {
  const table = new BackendTable(allocateBackendTable(1));
  const snapshot = backends.map((backend, index) => snapshotBackend('abcdef'[index]!, index, backend));
  for (const { index } of snapshot) table.occupy(index, 1, true);
  const ports = poolPorts(table, { random: seededRandom(7) });
  return {
    table,
    ports,
    pool: new TestedPool({ settings: poolSettings([], more), index: 0, backends: snapshot }, ports),
  };
}

/** `requests` of them, each retried on another backend while it meets a dead one: answers and attempts by backend. */
function ask(pool: TestedPool, requests: number, isDead: (id: string) => boolean) {
  const answers = new Map<string, number>();
  const first = new Map<string, number>();
  const count = (counts: Map<string, number>, id: string): void => void counts.set(id, (counts.get(id) ?? 0) + 1);
  for (let request = 0; request < requests; request += 1) {
    const tried: PoolBackend[] = [];
    do {
      const pick = pool.pick(request, 0, tried)!;
      if (tried.length === 0) count(first, pick.backend.id);
      tried.push(pick.backend);
      pool.release(pick);
    } while (isDead(tried.at(-1)!.id));
    count(answers, tried.at(-1)!.id);
  }
  return { answers, first };
}

const sorted = (counts: Map<string, number>): [string, number][] =>
  [...counts].sort(([one], [other]) => (one < other ? -1 : 1));

describe('round-robin with a dead backend among four', () => {
  it('gives each of the others a quarter, and a third of what the dead one could not take', () => {
    const { answers, first } = ask(newPool([{}, {}, {}, {}]).pool, 1200, (id) => id === 'b');
    assert.deepEqual(
      sorted(first),
      Array.from('abcd').map((id) => [id, 300]),
    );
    assert.deepEqual(
      sorted(answers),
      Array.from('acd').map((id) => [id, 400]),
    );
  });

  it('spreads what two dead neighbours could not take over the others alike', () => {
    const { answers, first } = ask(newPool([{}, {}, {}, {}]).pool, 1200, (id) => id === 'b' || id === 'c');
    assert.deepEqual(
      sorted(first),
      Array.from('abcd').map((id) => [id, 300]),
    );
    for (const [id, share] of answers) assert.ok(Math.abs(share - 600) <= 60, `${id}: ${share}`);
  });

  it('gives its neighbour no more when it is taken out', () => {
    const { pool, table } = newPool([{}, {}, {}, {}]);
    table.setHealth(1, 'down');
    assert.deepEqual(
      sorted(ask(pool, 1200, () => false).answers),
      Array.from('acd').map((id) => [id, 400]),
    );
  });
});

describe('tries after the first', () => {
  const others: Algorithm[] = ['weighted-round-robin', 'least-connections', 'random', 'two-choices', 'consistent-hash'];
  for (const algorithm of others) {
    it(`with ${algorithm} go to the three others alike`, () => {
      const { answers } = ask(newPool([{}, {}, {}, {}], { algorithm }).pool, 12_000, (id) => id === 'b');
      for (const [id, share] of answers) assert.ok(Math.abs(share - 4000) <= 240, `${id}: ${share}`);
    });
  }
});

describe('round-robin', () => {
  it('gives what a full backend cannot take to the others in turn', () => {
    const { pool, table } = newPool([{}, { maxInFlight: 1 }, {}, {}]);
    table.takeSlot(1, 1);
    assert.deepEqual(
      sorted(ask(pool, 1200, () => false).answers),
      Array.from('acd').map((id) => [id, 400]),
    );
  });

  it('asks backups in turn while all others are full', () => {
    const { pool, table } = newPool([{ maxInFlight: 1 }, { maxInFlight: 1 }, { backup: true }, { backup: true }]);
    for (const index of [0, 1]) table.takeSlot(index, 1);
    assert.deepEqual(
      sorted(ask(pool, 1200, () => false).answers),
      Array.from('cd').map((id) => [id, 600]),
    );
  });

  it('tries those of a panic in turn when the only available one is half-open and has its trials', () => {
    const { pool, table, ports } = newPool([{}, {}, {}], { panic: true });
    for (const index of [1, 2]) table.setHealth(index, 'down');
    const { circuitBreaker } = pool.settings;
    for (let failure = 0; failure < 5; failure += 1) {
      ports.circuits.failed(0, ports.circuits.admit(0, circuitBreaker, 0), circuitBreaker, 0);
    }
    const picked = new Map<string, number>();
    for (let turn = 0; turn < 1203; turn += 1) {
      const pick = pool.pick(0, 10_000, [])!;
      const { backend, pass } = pick;
      pool.release(pick);
      if (pass < 0) picked.set(backend.id, (picked.get(backend.id) ?? 0) + 1);
    }
    for (const [id, share] of picked) assert.ok(Math.abs(share - 400) <= 1, `${id}: ${share}`);
    assert.equal(picked.size, 3);
  });
});
