import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PoolSettings } from '../../../../src/config/settings.ts';
import { OutageRecovery } from '../../../../src/health/control/outage-recovery.ts';
import { stateName } from '../../../../src/breaker/core/circuit-breaker.ts';
import { BackendRow } from '../../../../src/backends/backend-row.ts';
import { allocateBackendTable, BackendTable } from '../../../../src/backends/backend-table.ts';
import { Circuits } from '../../../../src/breaker/circuits.ts';
import { poolPorts, TestedPool } from '../../../support/pool-ports.ts';
import { CIRCUIT, poolSettings, snapshotBackend } from '../../../support/pool-settings.ts';

/** A pool of a and b, which probes watch, one of whose traffic threads sees `pool`. */
function newOutage(more: Partial<PoolSettings> = {}) {
  const table = new BackendTable(allocateBackendTable(1));
  const circuits = new Circuits(table, new BackendRow(table, 0), () => 0.5);
  const backends = ['a', 'b'].map((id, index) => snapshotBackend(id, index));
  for (const { index } of backends) {
    table.occupy(index, 1, true);
    table.setHealth(index, 'up');
  }
  const snapshot = { settings: poolSettings([], more), index: 0, backends };
  const clock = { nowMs: 0 };
  const recovery = new OutageRecovery({ table, circuits, nowMs: () => clock.nowMs });
  return {
    table,
    circuits,
    clock,
    pool: new TestedPool(snapshot, poolPorts(table, { circuits })),
    probe: (id: string, isGood: boolean): boolean => recovery.onProbe(snapshot, id, isGood),
    trip: (...indexes: number[]): void => {
      for (const index of indexes) {
        for (let failure = 0; failure < 5; failure += 1) {
          circuits.failed(index, circuits.admit(index, CIRCUIT, clock.nowMs), CIRCUIT, clock.nowMs);
        }
      }
    },
    states: (): string => [0, 1].map((index) => stateName(table.circuitWord(index))).join(' '),
  };
}

describe('after an outage of the whole pool', () => {
  it('the first good probe of each backend makes its circuit half-open, and trials close it', () => {
    const { table, circuits, clock, pool, probe, trip, states } = newOutage();
    trip(0, 1);
    for (const index of [0, 1]) table.setHealth(index, 'down');
    for (const id of ['a', 'b']) assert.equal(probe(id, false), false);
    clock.nowMs = 1000;
    assert.equal(pool.pick(0, 1000, []), null);
    assert.equal(probe('a', true), true);
    assert.equal(states(), 'half-open open');
    table.setHealth(0, 'up');
    for (let trial = 0; trial < 2; trial += 1) {
      circuits.succeeded(0, pool.pick(0, 1000, [])!.pass, CIRCUIT, 1000);
    }
    assert.equal(states(), 'closed open');
    // The pool has recovered by now, but this one was part of the outage.
    assert.equal(probe('b', true), true);
    assert.equal(states(), 'closed half-open');
  });

  it('that was shorter than the probes can see, it is the next good probe', () => {
    const { probe, trip, states } = newOutage();
    trip(0, 1);
    assert.deepEqual([probe('a', true), probe('b', true), states()], [true, true, 'half-open half-open']);
  });

  it('a backend that keeps failing is not helped again until a probe has failed', () => {
    const { circuits, pool, probe, trip, states } = newOutage();
    trip(0, 1);
    assert.deepEqual([probe('a', true), probe('b', true)], [true, true]);
    for (let trial = 0; trial < 2; trial += 1) {
      const { backend, pass } = pool.pick(0, 0, [])!;
      circuits.failed(backend.index, pass, CIRCUIT, 0);
    }
    assert.equal(states(), 'open open');
    for (const id of ['a', 'b', 'a', 'b']) assert.equal(probe(id, true), false);
    probe('a', false);
    assert.equal(probe('a', true), true);
    assert.equal(states(), 'half-open open');
  });

  it('a circuit that an operator opened stays open', () => {
    const { circuits, probe, trip, states } = newOutage();
    trip(1);
    circuits.forceOpen(0, 60_000);
    assert.deepEqual([probe('a', true), probe('b', true), states()], [false, true, 'open half-open']);
  });
});

describe('without an outage of the whole pool', () => {
  it('an open circuit keeps its time, however good the probes are', () => {
    const { probe, trip, states } = newOutage();
    trip(0);
    for (let count = 0; count < 10; count += 1) assert.equal(probe('a', true), false);
    assert.equal(states(), 'open closed');
  });

  it('nothing happens where circuits are switched off', () => {
    const { probe, trip, states } = newOutage({ circuitBreaker: { ...CIRCUIT, enabled: false } });
    trip(0, 1);
    assert.equal(probe('a', true), false);
    assert.equal(states(), 'open open');
  });
});
