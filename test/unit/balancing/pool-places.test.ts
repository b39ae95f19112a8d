import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PoolSettings } from '../../../src/config/settings.ts';
import { unavailableReason } from '../../../src/backends/availability.ts';
import { allocateBackendTable, BackendTable } from '../../../src/backends/backend-table.ts';
import { STRATEGY_NAMES } from '../../../src/balancing/core/balancing-vocabulary.ts';
import { allocatePlacements, PlacementRow, PlacementTable } from '../../../src/balancing/placement-table.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { poolPorts, TestedPool } from '../../support/pool-ports.ts';
import { backendSettings, CIRCUIT, poolSettings, snapshotBackend } from '../../support/pool-settings.ts';

const PLACE = { region: 'eu', zone: 'a' };
const LOCALITY = { prefer: 'zone', overprovisioning: 1.4, minBackends: 1, trafficShare: 0 } as const;

/** @param names `a1`: in zone a; `us`…: in another region. @param changed of the backends, by name */
function world(
  names: readonly string[],
  more: Partial<PoolSettings> = {},
  changed: Readonly<Record<string, { weight?: number; backup?: boolean; maxInFlight?: number }>> = {},
) {
  const table = new BackendTable(allocateBackendTable(1));
  const placements = new PlacementTable(allocatePlacements(1));
  const backends = names.map((name, index) => {
    const place = name.startsWith('us') ? { region: 'us', zone: 'a' } : { region: 'eu', zone: name[0]! };
    const { weight: _, ...rest } = changed[name] ?? {};
    return snapshotBackend(name, index, { ...place, ...rest });
  });
  const weightOf = (name: string): number => changed[name]?.weight ?? 1;
  for (const { id, index } of backends) table.occupy(index, weightOf(id), true);
  const settings = poolSettings(
    names.map((name) => backendSettings(name, { weight: weightOf(name) })),
    { locality: LOCALITY, ...more },
  );
  const ports = poolPorts(table, {
    place: PLACE,
    random: seededRandom(3),
    placements: new PlacementRow(placements, 0),
  });
  const pool = new TestedPool({ settings, index: 0, backends }, ports);
  let key = 0;
  const send = (requests: number): Readonly<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (let request = 0; request < requests; request += 1) {
      const choice = pool.pick((key += 1) * 0x9e3779b1, 0, []);
      assert.ok(choice !== null, 'a request without a backend');
      counts[choice.backend.id] = (counts[choice.backend.id] ?? 0) + 1 / requests;
      assert.equal(unavailableReason(table, choice.backend.index, CIRCUIT, 0), null);
      pool.release(choice);
    }
    return counts;
  };
  const at = (name: string): number => names.indexOf(name);
  return { table, pool, send, at, placements, ports, settings, backends };
}

function part(counts: Readonly<Record<string, number>>, prefix: string): number {
  return Object.entries(counts).reduce((sum, [name, count]) => sum + (name.startsWith(prefix) ? count : 0), 0);
}

function assertNear(actual: number, expected: number, tolerance = 0.03): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);
}

for (const algorithm of STRATEGY_NAMES) {
  describe(`places with ${algorithm}`, () => {
    test('the zone of the gateway gets everything while it can take it', () => {
      const { send } = world(['a1', 'a2', 'b1', 'us1'], { algorithm });
      const counts = send(2000);
      assert.deepEqual(Object.keys(counts).toSorted(), ['a1', 'a2']);
      assertNear(counts['a1']!, 0.5, 0.06);
    });

    test('what it cannot take goes to the region, then elsewhere, by what is available', () => {
      const { send, table, at } = world(['a1', 'a2', 'b1', 'b2', 'us1', 'us2'], { algorithm });
      table.setEnabled(at('a1'), false);
      // Taken out by its operator: the zone is smaller, not degraded.
      assertNear(part(send(1000), 'a'), 1, 1e-9);
      table.setEnabled(at('a1'), true);
      table.setHealth(at('a1'), 'down');
      const half = send(6000);
      assertNear(part(half, 'a'), 0.7);
      assertNear(part(half, 'b'), 0.3);
      table.setHealth(at('b1'), 'down');
      const less = send(6000);
      assertNear(part(less, 'a'), 0.7);
      assertNear(part(less, 'b'), 0.3);
      table.setHealth(at('a2'), 'down');
      const gone = send(6000);
      assertNear(part(gone, 'b'), 0.7);
      assertNear(part(gone, 'us'), 0.3);
      table.setHealth(at('b2'), 'down');
      assertNear(part(send(500), 'us'), 1, 1e-9);
    });

    test('a draining backend is a missing one', () => {
      const { send, table, at } = world(['a1', 'a2', 'b1'], { algorithm });
      table.setDraining(at('a1'), true);
      assertNear(part(send(6000), 'a'), 0.7);
    });

    test('a small zone is not flooded', () => {
      const locality = { ...LOCALITY, trafficShare: 'auto' } as const;
      const { send } = world(['a1', 'b1', 'b2', 'b3', 'b4', 'c1', 'c2', 'c3', 'c4', 'c5'], { algorithm, locality });
      assertNear(part(send(8000), 'a'), 0.42);
    });
  });
}

test('weights are the capacity, and a slow start brings the traffic back bit by bit', () => {
  const { send, table, at } = world(['a1', 'a2', 'b1'], {}, { a1: { weight: 3 } });
  table.setHealth(at('a1'), 'down');
  assertNear(part(send(8000), 'a'), 0.35);
  table.setHealth(at('a1'), 'up');
  table.setWeight(at('a1'), 0.3);
  assertNear(part(send(8000), 'a'), (1.4 * 1.3) / 4);
  table.setWeight(at('a1'), 3);
  assertNear(part(send(500), 'a'), 1, 1e-9);
});

test('a near backend at its limit does not make requests wait while a far one is free', () => {
  const { pool } = world(['a1', 'b1'], {}, { a1: { maxInFlight: 1 } });
  const ids = [1, 2, 3].map((key) => pool.pick(key, 0, [])!.backend.id);
  assert.deepEqual(ids, ['a1', 'b1', 'b1']);
});

test('a retry leaves the zone when all of it was tried', () => {
  const { pool, backends } = world(['a1', 'b1', 'us1']);
  const [a, b, us] = pool.backends;
  assert.equal(backends.length, 3);
  assert.equal(pool.pick(1, 0, [a!])!.backend.id, 'b1');
  assert.equal(pool.pick(1, 0, [a!, b!])!.backend.id, 'us1');
  assert.equal(pool.pick(1, 0, [a!, b!, us!]), null);
});

test('a session stays where it is, however far', () => {
  const { pool } = world(['a1', 'us1']);
  assert.equal(pool.pick(1, 0, [], pool.backends[1]!)!.backend.id, 'us1');
});

test('backups are used only when no other backend is available anywhere, the near ones first', () => {
  const { send, table, at } = world(['a1', 'a2', 'b1', 'b2'], {}, { a2: { backup: true }, b2: { backup: true } });
  table.setHealth(at('a1'), 'down');
  assert.deepEqual(send(200), { b1: part(send(200), 'b1') });
  table.setHealth(at('b1'), 'down');
  assert.deepEqual(Object.keys(send(200)), ['a2']);
  table.setHealth(at('a2'), 'down');
  assert.deepEqual(Object.keys(send(200)), ['b2']);
});

test('panic takes any backend when none is available', () => {
  const { pool, table, at } = world(['a1', 'b1'], { panic: true });
  table.setHealth(at('a1'), 'down');
  table.setHealth(at('b1'), 'down');
  const ids = new Set(Array.from({ length: 40 }, (_, key) => pool.pick(key, 0, [])?.backend.id));
  assert.deepEqual([...ids].map(String).toSorted(), ['a1', 'b1']);
});

test('by hash, a key keeps its backend, and leaves it only when that is gone', () => {
  const { pool, table, at } = world(['a1', 'a2', 'b1', 'b2'], { algorithm: 'consistent-hash' });
  const pickAll = (): readonly string[] =>
    keys.map((key) => {
      const choice = pool.pick(key, 0, [])!;
      pool.release(choice);
      return choice.backend.id;
    });
  const keys = Array.from({ length: 4000 }, (_, key) => key * 0x9e3779b1);
  const before = pickAll();
  assert.deepEqual(pickAll(), before);
  table.setHealth(at('a2'), 'down');
  const during = pickAll();
  const stayed = during.filter((id, index) => before[index] === 'a1' && id === 'a1').length;
  assertNear(stayed / before.filter((id) => id === 'a1').length, 0.7, 0.04);
  table.setHealth(at('a2'), 'up');
  assert.deepEqual(pickAll(), before);
});

test('a preference for the region sees no zones', () => {
  const { send } = world(['a1', 'b1', 'us1'], {
    locality: { ...LOCALITY, prefer: 'region' },
    algorithm: 'round-robin',
  });
  const counts = send(1000);
  assertNear(counts['a1']!, 0.5, 0.01);
  assertNear(counts['b1']!, 0.5, 0.01);
});

test('picks are counted by how near the backend is, and only with a preference', () => {
  const { send, placements, table, at } = world(['a1', 'b1', 'us1']);
  send(10);
  table.setHealth(at('a1'), 'down');
  send(5);
  table.setHealth(at('b1'), 'down');
  send(3);
  assert.deepEqual(placements.picked(0), [10, 5, 3]);
  const off = world(['a1', 'b1'], { locality: { ...LOCALITY, prefer: 'off' } });
  off.send(10);
  assert.deepEqual(off.placements.picked(0), [0, 0, 0]);
});

test('a weight that a reload changes counts without a new pool', () => {
  const { pool, send, settings, backends, table, at } = world(['a1', 'a2', 'b1']);
  const changed = { ...settings, backends: [backendSettings('a1', { weight: 3 }), ...settings.backends.slice(1)] };
  const next = { settings: changed, index: 0, backends };
  assert.equal(pool.isBuiltFrom(next), true);
  pool.readdress(next);
  table.setWeight(at('a1'), 3);
  table.setHealth(at('a1'), 'down');
  assertNear(part(send(8000), 'a'), 0.35);
});

test('whatever is down: no request fails while anything is up, and none goes to what is down', () => {
  const random = seededRandom(11);
  for (let round = 0; round < 400; round += 1) {
    const algorithm = STRATEGY_NAMES[Math.floor(random() * STRATEGY_NAMES.length)]!;
    const names = ['a1', 'a2', 'b1', 'b2', 'us1', 'us2'].filter(() => random() < 0.8);
    if (names.length === 0) continue;
    const locality = {
      prefer: random() < 0.5 ? 'zone' : 'region',
      overprovisioning: 1 + random(),
      minBackends: 1 + Math.floor(random() * 3),
      trafficShare: random() < 0.5 ? 'auto' : random(),
    } as const;
    const { send, table } = world(names, { algorithm, locality });
    const up = names.filter((_, index) => {
      const isDown = random() < 0.4;
      if (isDown) table.setHealth(index, 'down');
      return !isDown;
    });
    // send() asserts that every request gets an available backend.
    if (up.length > 0) send(40);
  }
});
