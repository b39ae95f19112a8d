import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PoolSettings } from '../../../src/config/settings.ts';
import { allocateBackendTable, BackendTable } from '../../../src/backends/backend-table.ts';
import { FallbackWatch } from '../../../src/balancing/control/fallback-watch.ts';
import type { Pool } from '../../../src/balancing/pool.ts';
import { PoolFallback } from '../../../src/balancing/pool-fallback.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { poolPorts, TestedPool } from '../../support/pool-ports.ts';
import { backendSettings, poolSettings, snapshotBackend } from '../../support/pool-settings.ts';

const EJECTED_UNTIL = 5000;

/** Pools of four backends each, `web` with the others as its fallbacks; b0 is the first of the first. */
function world(names: readonly string[], more: Partial<PoolSettings> = {}, overprovisioning = 1.4) {
  const table = new BackendTable(allocateBackendTable(1));
  let slot = 0;
  const pools = names.map((name, at) => {
    const backends = [0, 1, 2, 3].map(() => {
      const index = slot;
      slot += 1;
      table.occupy(index, 1, true);
      return snapshotBackend(`b${index}`, index, { backup: more.name === name && index % 4 === 3 });
    });
    const settings = poolSettings(
      backends.map(({ id }) => backendSettings(id)),
      { ...more, name },
    );
    return new TestedPool({ settings, index: at, backends }, poolPorts(table));
  });
  const fallback = new PoolFallback(pools, overprovisioning, seededRandom(5));
  pools[0]!.fallback = fallback;
  const shares = (nowMs = 0): number[] => fallback.shares(nowMs).map((share) => Math.round(share * 1000) / 1000);
  const kill = (...indexes: number[]): void => indexes.forEach((index) => table.setHealth(index, 'down'));
  const revive = (...indexes: number[]): void => indexes.forEach((index) => table.setHealth(index, 'up'));
  return { table, pools: pools as readonly Pool[], fallback, shares, kill, revive };
}

describe('the requests of a pool with a fallback', () => {
  test('stay while enough of it is available, move by and by, and are all away when nothing is left', () => {
    const { shares, kill, fallback, pools } = world(['web', 'far']);
    assert.deepEqual(shares(), [1, 0]);
    kill(0);
    assert.deepEqual(shares(), [1, 0]);
    kill(1);
    assert.deepEqual(shares(), [0.7, 0.3]);
    kill(2);
    assert.deepEqual(shares(), [0.35, 0.65]);
    kill(3);
    assert.deepEqual(shares(), [0, 1]);
    assert.equal(fallback.choose(0, 0), pools[1]);
  });

  test('come back as its backends do, slow starts included', () => {
    const { shares, kill, revive, table } = world(['web', 'far']);
    kill(0, 1, 2, 3);
    assert.deepEqual(shares(), [0, 1]);
    for (const index of [0, 1, 2, 3]) table.setWeight(index, 0.1);
    revive(0, 1, 2, 3);
    assert.deepEqual(shares(), [0.14, 0.86]);
    for (const index of [0, 1, 2, 3]) table.setWeight(index, 0.5);
    assert.deepEqual(shares(), [0.7, 0.3]);
    for (const index of [0, 1, 2, 3]) table.setWeight(index, 1);
    assert.deepEqual(shares(), [1, 0]);
  });

  test('come back when an ejection ends, without any other change', () => {
    const { shares, table } = world(['web', 'far']);
    for (const index of [0, 1, 2]) table.setEjectedUntil(index, EJECTED_UNTIL);
    assert.deepEqual(shares(EJECTED_UNTIL - 1), [0.35, 0.65]);
    assert.deepEqual(shares(EJECTED_UNTIL), [1, 0]);
  });

  test('go on to the next fallback when the first one is gone, too', () => {
    const { shares, kill } = world(['web', 'near', 'far']);
    kill(0, 1, 2, 3, 4, 5, 6);
    assert.deepEqual(shares(), [0, 0.35, 0.65]);
    kill(7);
    assert.deepEqual(shares(), [0, 0, 1]);
  });

  test('stay, and are refused there, when no pool has a backend', () => {
    const { shares, kill, fallback, pools } = world(['web', 'far']);
    kill(0, 1, 2, 3, 4, 5, 6, 7);
    assert.deepEqual(shares(), [0, 0]);
    assert.equal(fallback.choose(0, 0), pools[0]);
  });

  test('stay as long as one backend is available, if they are to', () => {
    const { shares, kill } = world(['web', 'far'], {}, 1000);
    kill(0, 1, 2);
    assert.deepEqual(shares(), [1, 0]);
    kill(3);
    assert.deepEqual(shares(), [0, 1]);
  });

  test("stay while one of the pool's own backups is available", () => {
    const { shares, kill } = world(['web', 'far'], { name: 'web' });
    kill(0, 1);
    assert.deepEqual(shares(), [1, 0]);
    kill(2);
    assert.deepEqual(shares(), [1, 0]);
    kill(3);
    assert.deepEqual(shares(), [0, 1]);
  });

  test('are shared as the shares say, at random and by key', () => {
    for (const algorithm of ['two-choices', 'consistent-hash'] as const) {
      const { kill, fallback, pools } = world(['web', 'far'], { algorithm });
      kill(0, 1);
      const keys = Array.from({ length: 10_000 }, (_, key) => (key * 0x9e3779b1) | 0);
      const chosen = keys.map((key) => fallback.choose(key, 0));
      const own = chosen.filter((pool) => pool === pools[0]).length / keys.length;
      assert.ok(Math.abs(own - 0.7) < 0.02, `${own}`);
      const again = keys.map((key) => fallback.choose(key, 0));
      if (algorithm === 'consistent-hash') assert.deepEqual(again, chosen);
    }
  });
});

test('events say when a pool begins to give requests away, and when it takes them back', () => {
  const { kill, revive, pools } = world(['web', 'far']);
  const events: unknown[] = [];
  const watch = new FallbackWatch({
    events: { append: ({ kind, severity, subject, message }) => events.push([kind, severity, subject, message]) },
    nowMs: () => 0,
  });
  const round = (): readonly unknown[] => {
    watch.round(pools);
    watch.round(pools);
    return events.splice(0);
  };
  assert.deepEqual(round(), []);
  kill(0, 1);
  const shared = 'pool web gives a part of its requests to far: too few of its backends are available';
  assert.deepEqual(round(), [['pool', 'warn', 'web', shared]]);
  kill(2, 3);
  const away = 'no backend of pool web is available: its requests go to far';
  assert.deepEqual(round(), [['pool', 'warn', 'web', away]]);
  kill(4, 5, 6, 7);
  assert.deepEqual(round(), [['pool', 'error', 'web', 'no backend of pool web and its fallback is available']]);
  revive(0, 1, 2);
  assert.deepEqual(round(), [['pool', 'info', 'web', 'pool web takes all its requests again']]);
});
