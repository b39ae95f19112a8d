import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PoolSettings } from '../../../src/config/settings.ts';
import { BackendRow } from '../../../src/backends/backend-row.ts';
import { allocateBackendTable, BackendTable } from '../../../src/backends/backend-table.ts';
import { type AttemptOutcome, Breaker } from '../../../src/breaker/breaker.ts';
import { Circuits } from '../../../src/breaker/circuits.ts';
import { poolPorts, TestedPool } from '../../support/pool-ports.ts';
import {
  backendSettings,
  CIRCUIT,
  PASSIVE_HEALTH,
  poolSettings,
  snapshotBackend,
} from '../../support/pool-settings.ts';

/** A breaker over a pool of one backend, and what it reported. */
function newBreaker(more: Partial<PoolSettings> = {}) {
  const table = new BackendTable(allocateBackendTable(1));
  table.occupy(0, 1, true);
  const circuits = new Circuits(table, new BackendRow(table, 0), () => 0.5);
  const settings = poolSettings([backendSettings('a')], more);
  const pool = new TestedPool(
    { settings, index: 0, backends: [snapshotBackend('a', 0)] },
    poolPorts(table, { circuits }),
  );
  const reported: string[] = [];
  const clock = { nowMs: 0 };
  const breaker = new Breaker(
    circuits,
    {
      addPassiveError: (index) => table.addPassiveError(index),
      isProbedHealthy: (index) => table.health(index) === 'up',
      nowMs: () => clock.nowMs,
    },
    {
      onTrip: (backend, of) => reported.push(`trip ${backend.id} ${of.settings.name}`),
      onClose: (backend, of) => reported.push(`close ${backend.id} ${of.settings.name}`),
      onPassiveErrors: (backend, of) => reported.push(`errors ${backend.id} ${of.settings.name}`),
    },
  );
  const settle = (...outcomes: AttemptOutcome[]): void => {
    for (const outcome of outcomes) breaker.settle(pool.pick(0, clock.nowMs, [])!, pool, outcome);
  };
  return { table, circuits, pool, breaker, clock, reported, settle };
}

const failures = (count: number): AttemptOutcome[] => Array<AttemptOutcome>(count).fill('failure');
const noCircuit = { circuitBreaker: { ...CIRCUIT, enabled: false } };

describe('gateway errors in a row', () => {
  it('are reported once there are enough, and again after as many more', () => {
    const { settle, reported } = newBreaker(noCircuit);
    settle(...failures(4));
    assert.deepEqual(reported, []);
    settle('failure');
    assert.deepEqual(reported, ['errors a pool']);
    settle(...failures(4));
    assert.equal(reported.length, 1);
    settle('failure');
    assert.deepEqual(reported, ['errors a pool', 'errors a pool']);
  });

  it('are reported again as a new series after a success', () => {
    const { settle, reported } = newBreaker(noCircuit);
    settle(...failures(7), 'success', ...failures(4));
    assert.equal(reported.length, 1);
    settle('failure');
    assert.equal(reported.length, 2);
  });

  it('are reported again as a new series after an ejection', () => {
    const { settle, reported, table } = newBreaker(noCircuit);
    settle(...failures(5));
    table.setEjectedUntil(0, 30_000);
    table.setEjectedUntil(0, 0);
    settle(...failures(4));
    assert.equal(reported.length, 1);
    settle('failure');
    assert.equal(reported.length, 2);
  });

  it('are not ended by a client that left', () => {
    const { settle, reported } = newBreaker(noCircuit);
    settle(...failures(4), 'none', 'failure');
    assert.equal(reported.length, 1);
  });

  it('are not counted when passive health is switched off', () => {
    const { settle, reported } = newBreaker({ ...noCircuit, passiveHealth: { ...PASSIVE_HEALTH, enabled: false } });
    settle(...failures(20));
    assert.deepEqual(reported, []);
  });

  it('are reported also when the last of them opens the circuit, and before that', () => {
    const { settle, reported } = newBreaker();
    settle(...failures(5));
    assert.deepEqual(reported, ['errors a pool', 'trip a pool']);
  });
});

describe('timeouts', () => {
  const timeouts = (count: number): AttemptOutcome[] => Array<AttemptOutcome>(count).fill('timeout');

  it('in a row neither open a circuit nor eject while the probes are good', () => {
    const { settle, reported, table } = newBreaker();
    table.setHealth(0, 'up');
    settle(...timeouts(19));
    assert.deepEqual([reported, table.consecutiveFailures(0)], [[], 0]);
  });

  it('of one slow path among other requests never do, however often it is asked for', () => {
    const { settle, reported, table } = newBreaker();
    table.setHealth(0, 'up');
    for (let round = 0; round < 50; round += 1) settle('timeout', 'timeout', 'success', 'success', 'success');
    assert.deepEqual(reported, []);
  });

  it('open it by their share of the window, and are its last failure', () => {
    const { settle, reported, table, clock } = newBreaker();
    table.setHealth(0, 'up');
    clock.nowMs = 500;
    settle(...timeouts(20));
    assert.deepEqual([reported, table.lastFailure(0)], [['trip a pool'], 500]);
  });

  it('neither lengthen a row of other failures nor end it', () => {
    const { settle, reported, table } = newBreaker();
    table.setHealth(0, 'up');
    settle(...failures(4), ...timeouts(3));
    assert.deepEqual(reported, []);
    settle('failure');
    assert.deepEqual(reported, ['errors a pool', 'trip a pool']);
  });

  for (const health of ['unknown', 'down'] as const) {
    it(`are failures like any other while the probes say ${health}`, () => {
      const { reported, circuits, breaker, pool, table } = newBreaker();
      const attempts = Array.from({ length: 5 }, () => pool.pick(0, 0, [])!);
      table.setHealth(0, health);
      for (const attempt of attempts) breaker.settle(attempt, pool, 'timeout');
      assert.deepEqual(reported, ['errors a pool', 'trip a pool']);
      assert.equal(circuits.wouldAdmit(0, CIRCUIT, 0), false);
    });
  }

  it('of trials give the trial back, until as many as there are trials came in a row', () => {
    const { settle, reported, table, clock } = newBreaker();
    settle(...failures(5));
    table.setHealth(0, 'up');
    clock.nowMs = 10_000;
    reported.length = 0;
    settle('timeout', 'timeout', 'success', 'timeout', 'timeout', 'success');
    assert.deepEqual(reported, ['close a pool']);

    settle(...failures(5));
    clock.nowMs = 40_000;
    reported.length = 0;
    settle('timeout', 'timeout');
    assert.deepEqual(reported, []);
    settle('timeout');
    assert.deepEqual(reported, ['trip a pool']);
  });
});

describe('a circuit', () => {
  it('that opens is reported once', () => {
    const { breaker, pool, reported, circuits } = newBreaker({ passiveHealth: { ...PASSIVE_HEALTH, enabled: false } });
    const attempts = Array.from({ length: 8 }, () => pool.pick(0, 0, [])!);
    for (const attempt of attempts) breaker.settle(attempt, pool, 'failure');
    assert.deepEqual(reported, ['trip a pool']);
    assert.equal(circuits.wouldAdmit(0, CIRCUIT, 0), false);
  });

  it('that a trial opens again is reported again', () => {
    const { settle, reported, clock } = newBreaker({ passiveHealth: { ...PASSIVE_HEALTH, enabled: false } });
    settle(...failures(5));
    clock.nowMs = 10_000;
    settle('failure');
    assert.deepEqual(reported, ['trip a pool', 'trip a pool']);
  });

  it('closes by trials that succeed, and gets a trial back from a client that left', () => {
    const { settle, pool, clock, circuits } = newBreaker();
    settle(...failures(5));
    clock.nowMs = 10_000;
    settle('none', 'none', 'none', 'none', 'success', 'success');
    assert.equal(pool.pick(0, 10_000, [])!.pass < 0, true);
    assert.equal(circuits.wouldAdmit(0, CIRCUIT, 10_000), true);
  });
});
