import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PoolSettings } from '../../../../src/config/settings.ts';
import type { Snapshot } from '../../../../src/config/snapshot.ts';
import { BackendWatch } from '../../../../src/health/control/backend-watch.ts';
import { EffectiveWeights } from '../../../../src/balancing/control/effective-weights.ts';
import { SlowStarts } from '../../../../src/balancing/control/slow-starts.ts';
import { trip } from '../../../../src/breaker/core/circuit-breaker.ts';
import { BackendHistory } from '../../../../src/backends/backend-history.ts';
import { allocateBackendTable, BackendTable } from '../../../../src/backends/backend-table.ts';
import { EventLog } from '../../../../src/events/event-log.ts';
import { backendSettings, HEALTH_CHECK, poolSettings } from '../../../support/pool-settings.ts';

function harness(ids: readonly string[], change: Partial<PoolSettings> = {}) {
  const table = new BackendTable(allocateBackendTable(1));
  const weights = new EffectiveWeights(table);
  const slowStarts = new SlowStarts(weights);
  const history = new BackendHistory(() => 0);
  const events = new EventLog(() => 0);
  const log: object[] = [];
  const rejoined: string[] = [];
  const clock = { nowMs: 0 };
  const reasons = new Map<string, string>();
  const watch = new BackendWatch({
    table,
    weights,
    slowStarts,
    history,
    events,
    log: { info: (line: object) => void log.push(line), warn: (line: object) => void log.push(line) },
    nowMs: () => clock.nowMs,
    probeReason: (id) => reasons.get(id) ?? null,
    onRejoined: (id) => rejoined.push(id),
  });
  const slots: string[] = [];
  const update = (...now: readonly string[]): void => {
    for (const id of now) {
      if (slots.includes(id)) continue;
      table.occupy(slots.length, 1, true);
      weights.occupied(slots.length, 1);
      slots.push(id);
    }
    const settings = poolSettings(
      now.map((id) => backendSettings(id)),
      { slowStart: { enabled: true, durationMs: 10_000, from: 0.1 }, ...change },
    );
    const backends = now.map((id) => ({ id, url: `http://${id}`, index: slots.indexOf(id) }));
    watch.update({ pools: [{ settings, index: 0, backends }] } as unknown as Snapshot);
  };
  update(...ids);
  return {
    watch,
    table,
    slowStarts,
    clock,
    log,
    rejoined,
    reasons,
    update,
    changes: (id: string): string[] =>
      history
        .of(id)
        .map(({ kind, from, to }) => `${kind} ${from} ${to}`)
        .reverse(),
    events: (): string[] =>
      events
        .page({ limit: 100 })
        .items.map(({ severity, subject, message }) => `${severity} ${subject}: ${message}`)
        .reverse(),
    round: (atMs: number): void => {
      clock.nowMs = atMs;
      watch.round();
    },
  };
}

describe('the watch over backends', () => {
  it('has nothing to tell while nothing changes', () => {
    const { round, changes, events, watch } = harness(['a', 'b']);
    round(1000);
    assert.deepEqual([changes('a'), events()], [[], []]);
    assert.deepEqual(watch.state('a'), {
      verdict: { state: 'healthy', rule: 'healthy', reason: null },
      reason: null,
      sinceMs: 0,
    });
  });

  it('follows a circuit by its word: open, due for a trial, closed', () => {
    const { round, changes, events, table, watch, log } = harness(['a', 'b'], {
      slowStart: { enabled: false, durationMs: 1, from: 1 },
    });
    table.setOpenUntil(0, 5000);
    table.swapCircuitWord(0, 0, trip(0));
    round(1000);
    round(5000);
    table.swapCircuitWord(0, table.circuitWord(0), 0);
    round(6000);
    assert.deepEqual(changes('a'), [
      'circuit closed open',
      'availability available circuit_open',
      'state healthy down',
      'circuit open half-open',
      'availability circuit_open available',
      'state down degraded',
      'circuit half-open closed',
      'state degraded healthy',
    ]);
    assert.deepEqual(events(), [
      'warn a: circuit closed → open',
      'error a: healthy → down: circuit open; it gets no requests',
      'info a: circuit open → half-open',
      'warn a: down → degraded: circuit half-open: trial requests only; it gets trial requests',
      'info a: circuit half-open → closed',
      'info a: degraded → healthy; it gets requests',
    ]);
    assert.equal(watch.state('a')!.sinceMs, 6000);
    assert.equal(log.length, 3);
  });

  it('does not log the first good probe, but the first bad one', () => {
    const { watch, table, events, reasons, rejoined, slowStarts } = harness(['a', 'b'], {
      healthCheck: { ...HEALTH_CHECK, enabled: true },
    });
    table.setHealth(0, 'up');
    watch.look('a');
    reasons.set('b', '1 failed probe: status 503');
    table.setHealth(1, 'down');
    watch.look('b');
    assert.deepEqual(events(), ['error b: degraded → down: 1 failed probe: status 503; it gets no requests']);
    assert.deepEqual([rejoined, slowStarts.isRamping('a'), table.weight(0)], [[], false, 1]);
    assert.equal(table.weight(1), 0.1, 'held');
    table.setHealth(1, 'up');
    watch.look('b');
    assert.deepEqual([rejoined, slowStarts.isRamping('b')], [['b'], true]);
  });

  it('keeps the figures of the moment at which a backend was taken out', () => {
    const { watch, table, round } = harness(['a', 'b']);
    table.setEjectedUntil(0, 9000);
    watch.look('a');
    round(8000);
    assert.equal(watch.state('a')!.reason, 'ejected for consecutive errors');
    assert.equal(watch.state('a')!.sinceMs, 0);
    round(9000);
    assert.equal(watch.state('a')!.verdict.state, 'healthy');
  });

  it('slowly starts backends that join later or come back, step by step; not drained or initial ones', () => {
    const { table, update, round, slowStarts, changes, events, watch } = harness(['a', 'b']);
    assert.equal(slowStarts.isRamping('a'), false);
    update('a', 'b', 'c');
    assert.deepEqual([slowStarts.isRamping('c'), table.weight(2)], [true, 0.1]);
    round(5000);
    assert.equal(table.weight(2), 0.55);
    round(10_000);
    assert.deepEqual([table.weight(2), changes('c')], [1, ['weight 1 0.1', 'weight 1 1']]);
    table.setDraining(0, true);
    watch.look('a');
    table.setDraining(0, false);
    watch.look('a');
    assert.equal(slowStarts.isRamping('a'), false);
    table.setEnabled(0, false);
    round(11_000);
    table.setEnabled(0, true);
    round(12_000);
    assert.equal(slowStarts.isRamping('a'), true);
    assert.deepEqual(events(), [
      'info c: added to pool pool: http://c',
      'info a: healthy → down: disabled; it gets no requests',
      'info a: down → healthy; it gets requests',
    ]);
  });

  it('does not slow down the only one that is available', () => {
    const { table, round, slowStarts } = harness(['a', 'b']);
    table.setHealth(0, 'down');
    table.setHealth(1, 'down');
    round(1000);
    table.setHealth(1, 'up');
    round(2000);
    assert.deepEqual([slowStarts.isRamping('b'), table.weight(1)], [false, 1]);
  });

  it('forgets a backend that is gone: its slot has its whole weight, and it comes back as a new one', () => {
    const { table, update, changes, events } = harness(['a', 'b']);
    update('a', 'b', 'c');
    update('a', 'b');
    assert.deepEqual([table.weight(2), changes('c')], [1, []]);
    update('a', 'b', 'c');
    assert.equal(table.weight(2), 0.1);
    assert.deepEqual(events(), [
      'info c: added to pool pool: http://c',
      'info c: removed from pool pool',
      'info c: added to pool pool: http://c',
    ]);
  });
});
