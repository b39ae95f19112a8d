import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { loadText } from '../../../../src/config/load.ts';
import type { SnapshotPool } from '../../../../src/config/snapshot.ts';
import { ejectionMs, PassiveHealth } from '../../../../src/health/control/passive-health.ts';
import { allocateBackendTable, BackendTable } from '../../../../src/backends/backend-table.ts';
import { snapshotBackend } from '../../../support/pool-settings.ts';

const SILENT = pino({ level: 'silent' });

function poolOf(count: number, passive = '{ eject: 10s, max_eject: 25s }') {
  const backends = Array.from({ length: count }, (_, at) => `{ url: "http://127.0.0.1:${8000 + at}", id: b${at} }`);
  const yaml = `passive_health: ${passive}\npools: { default: { backends: [${backends.join(', ')}] } }`;
  const settings = loadText(yaml, 'test.yaml', {}, {}).pools[0]!;
  const table = new BackendTable(allocateBackendTable(1));
  const pool: SnapshotPool = {
    settings,
    index: 0,
    backends: settings.backends.map(({ id, url }, index) => snapshotBackend(id, index, { url })),
  };
  for (const { index } of pool.backends) table.occupy(index, 1, true);
  const clock = { nowMs: 1000 };
  const health = new PassiveHealth(
    table,
    () => clock.nowMs,
    () => 0,
    SILENT,
  );
  const ejected = (): number[] =>
    pool.backends.filter(({ index }) => table.ejectedUntil(index) > clock.nowMs).map(({ index }) => index);
  return { pool, table, clock, health, ejected };
}

test('a backend is ejected for its time, which grows with every ejection up to the longest', () => {
  const { pool, table, clock, health } = poolOf(3);
  for (const forMs of [10_000, 20_000, 25_000, 25_000]) {
    assert.ok(health.onErrors(pool, 'b0'));
    assert.equal(table.ejectedUntil(0), clock.nowMs + forMs);
    clock.nowMs += forMs;
    assert.equal(table.ejectedUntil(0) > clock.nowMs, false);
  }
});

test('after the longest time without an ejection, earlier ones are forgotten', () => {
  const { pool, table, clock, health } = poolOf(3);
  health.onErrors(pool, 'b0');
  clock.nowMs += 10_000 + 25_001;
  health.onErrors(pool, 'b0');
  assert.equal(table.ejectedUntil(0), clock.nowMs + 10_000);
});

test('at most half of a pool is ejected, and never the last one that could serve', () => {
  const four = poolOf(4);
  for (const id of ['b0', 'b1', 'b2', 'b3']) four.health.onErrors(four.pool, id);
  assert.deepEqual(four.ejected(), [0, 1]);

  const one = poolOf(1);
  assert.equal(one.health.onErrors(one.pool, 'b0'), false);

  // The other of two is down: what still answers now and then is better than nothing.
  const two = poolOf(2);
  two.table.setHealth(1, 'down');
  assert.equal(two.health.onErrors(two.pool, 'b0'), false);
});

test('one that is ejected is not ejected again, and one that nobody knows is ignored', () => {
  const { pool, health, table } = poolOf(3);
  health.onErrors(pool, 'b0');
  const until = table.ejectedUntil(0);
  assert.equal(health.onErrors(pool, 'b0'), false);
  assert.equal(table.ejectedUntil(0), until);
  assert.equal(health.onErrors(pool, 'b9'), false);
});

test('a probe that succeeds ends the ejection', () => {
  const { pool, health, ejected } = poolOf(3);
  health.onErrors(pool, 'b0');
  assert.deepEqual(ejected(), [0]);
  health.onProbeSucceeded('b0', 0);
  assert.deepEqual(ejected(), []);
});

test('up to a fifth is added, so that backends ejected together come back separately', () => {
  const { pool } = poolOf(2);
  assert.equal(ejectionMs(1, pool.settings, 0), 10_000);
  assert.equal(ejectionMs(1, pool.settings, 0.5), 11_000);
  assert.equal(ejectionMs(9, pool.settings, 1), 30_000);
});
