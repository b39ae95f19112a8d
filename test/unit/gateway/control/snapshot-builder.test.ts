import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadText } from '../../../../src/config/load.ts';
import { SnapshotBuilder } from '../../../../src/gateway/control/snapshot-builder.ts';
import { BackendRow } from '../../../../src/backends/backend-row.ts';
import { CELL } from '../../../../src/backends/backend-table.ts';
import { MAX_BACKENDS } from '../../../../src/runtime/table-sizes.ts';
import { DURATION_OF, GONE_ROUTES } from '../../../../src/runtime/metrics-table.ts';
import { allocateSharedMemory, attachSharedMemory } from '../../../../src/threads/shared-memory.ts';

/** As SnapshotBuilder keeps what is retired. */
const RETIRED_MS = 300_000;

function build({ threads = 1 } = {}) {
  const memory = allocateSharedMemory({ threads, maxClients: 1, hashKey: new Uint32Array([1, 2]) });
  const { backends, metrics, queues, placements } = attachSharedMemory(memory, threads);
  const clock = { nowMs: 0 };
  /** By id; one that is not here is where its URL says. */
  const found = new Map<string, readonly string[]>();
  const builder = new SnapshotBuilder({
    backends,
    metrics,
    nowMs: () => clock.nowMs,
    addresses: ({ id }) => found.get(id) ?? ['192.0.2.1'],
    occupyPool: (slot) => {
      queues.occupy(slot);
      placements.occupy(slot);
    },
  });
  const apply = (yaml: string) => {
    const settings = loadText(yaml, 'c.yaml', {}, { threads: '1' });
    const snapshot = builder.build(settings);
    builder.settle(settings);
    const indexOf = new Map(snapshot.pools.flatMap((pool) => pool.backends.map(({ id, index }) => [id, index])));
    return { snapshot, indexOf };
  };
  return {
    apply,
    builder,
    found,
    backends,
    metrics,
    queues,
    placements,
    clock,
    memory,
    row: new BackendRow(backends, 0),
  };
}

/** Everything that the table has of a slot, as it lies in memory: a cell that is new is in here, too. */
function slotCells({ backends, memory: { backends: buffers } }: ReturnType<typeof build>, slot: number) {
  const part = <T extends Float64Array | Int32Array>(all: T, from: number, to: number): T =>
    all.subarray(from, to) as T;
  const floats = backends.rowOf(0, 0) / MAX_BACKENDS;
  const words = new Int32Array(buffers.words).subarray(1);
  const ints = words.length / MAX_BACKENDS;
  const rows = Array.from({ length: buffers.threads }, (_, thread) =>
    part(backends.cells, backends.rowOf(thread, slot), backends.rowOf(thread, slot + 1)),
  );
  const histograms = Array.from({ length: buffers.threads }, (_, thread) =>
    part(backends.histograms, backends.histogramOf(thread, slot), backends.histogramOf(thread, slot + 1)),
  );
  return {
    parts: [
      part(backends.cells, slot * floats, (slot + 1) * floats),
      part(words, slot * ints, (slot + 1) * ints),
      ...rows,
      ...histograms,
    ],
    rows,
  };
}

const pool = (...backends: string[]): string => `pools: { p: { backends: [${backends.join(', ')}] } }\n`;
const one = '{ url: "http://a:1", id: one }';
const two = '{ url: "http://a:2", id: two }';

test('a backend keeps its slot over reloads; with another URL it gets another', () => {
  const { apply } = build();
  const first = apply(pool(one, two)).indexOf;
  assert.deepEqual(apply(pool(two, one)).indexOf.get('one'), first.get('one'));
  const moved = apply(pool(one.replace('a:1', 'b:1'), two)).indexOf;
  assert.equal(moved.get('two'), first.get('two'));
  assert.notEqual(moved.get('one'), first.get('one'));
});

test('weight and enabled follow the file only when the file changes them', () => {
  const { apply, backends } = build();
  const index = apply(pool(one, two)).indexOf.get('one')!;
  backends.setWeight(index, 7);
  backends.setEnabled(index, false);
  apply(pool(one));
  assert.deepEqual([backends.weight(index), backends.isEnabled(index)], [7, false]);
  apply(pool(one.replace(' }', ', weight: 3 }')));
  assert.deepEqual([backends.weight(index), backends.isEnabled(index)], [3, false]);
  apply(pool(one.replace(' }', ', enabled: false }')));
  apply(pool(one));
  assert.deepEqual([backends.weight(index), backends.isEnabled(index)], [1, true]);
});

test('a slot is free for another when its backend is long gone and works on nothing', () => {
  const { apply, backends, clock, row } = build();
  const old = apply(pool(one)).indexOf.get('one')!;
  row.started(old);
  apply(pool(two));
  clock.nowMs = RETIRED_MS - 1;
  row.ended(old);
  assert.notEqual(apply(pool(two, '{ url: "http://a:3", id: three }')).indexOf.get('three'), old);
  row.started(old);
  clock.nowMs = RETIRED_MS;
  assert.notEqual(apply(pool(two, '{ url: "http://a:4", id: four }')).indexOf.get('four'), old, 'still at work');
  row.ended(old);
  row.counted(old, true, 0, 1000);
  assert.equal(apply(pool(two, '{ url: "http://a:5", id: five }')).indexOf.get('five'), old);
  assert.equal(backends.failures(old), 0, 'nothing of the earlier one is left');
});

test('a backend that comes back before that finds its old state', () => {
  const { apply, backends, row } = build();
  const index = apply(pool(one, two)).indexOf.get('one')!;
  row.counted(index, true, 0, 1000);
  apply(pool(two));
  assert.equal(apply(pool(one, two)).indexOf.get('one'), index);
  assert.equal(backends.failures(index), 1);
});

test('more backends than the table holds are refused; many changes in a row are not', () => {
  const { apply, builder, clock } = build();
  const many = (from: number, count: number) =>
    pool(...Array.from({ length: count }, (_, at) => `{ url: "http://a:${from + at}" }`));
  // The file alone cannot have them; the API may add to what it has.
  const settings = loadText(many(1, MAX_BACKENDS), 'c.yaml', {}, {});
  const [full] = settings.pools;
  const more = { ...full!, backends: [...full!.backends, { ...full!.backends[0]!, id: 'one-more', url: 'http://b' }] };
  assert.throws(() => builder.build({ ...settings, pools: [more] }), RangeError);
  for (let round = 0; round < 4; round += 1) {
    clock.nowMs += 1;
    apply(many(1 + round * 2000, 2000));
  }
});

/** Every CHANGE_MS, one change gives the pool a member that was never there, and removes the oldest. */
const CHANGES = 200;
const CHANGE_MS = 3000;
const MEMBERS = 10;

test('200 changes of members use no more slots than members now and in the keep time, and leave nothing behind', () => {
  const table = build({ threads: 2 });
  const { apply, clock } = table;
  const list = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, at) => `{ url: "http://m${from + at}:1", id: m${from + at} }`);
  const cells = (slot: number): number[][] => slotCells(table, slot).parts.map((part) => [...part]);
  // Each change retires one member; the slot of one that retired RETIRED_MS ago is free.
  const bound = 1 + MEMBERS + RETIRED_MS / CHANGE_MS;
  assert.ok(CHANGES > 1.5 * bound, 'or every change could have a slot of its own');

  // One that comes and goes with every change: it never loses its slot.
  const flapping = '{ url: "http://flapping:1", id: flapping }';
  let slots = apply(pool(flapping, ...list(0, MEMBERS))).indexOf;
  const flappingSlot = slots.get('flapping')!;
  const fresh = cells(slots.get('m0')!);
  const used = new Set(slots.values());
  const dirty = (slot: number): void => {
    const { parts, rows } = slotCells(table, slot);
    for (const part of parts) part.fill(7);
    // It is done.
    for (const row of rows) row[CELL.IN_FLIGHT] = 0;
  };
  for (const slot of slots.values()) dirty(slot);
  for (let change = 1; change <= CHANGES; change += 1) {
    clock.nowMs += CHANGE_MS;
    const newest = `m${change + MEMBERS - 1}`;
    slots = apply(pool(...(change % 2 === 0 ? [flapping] : []), ...list(change, MEMBERS))).indexOf;
    const slot = slots.get(newest)!;
    assert.deepEqual(cells(slot), fresh, `${newest} begins with nothing of an earlier member`);
    dirty(slot);
    assert.equal(slots.get('flapping') ?? flappingSlot, flappingSlot);
    for (const each of slots.values()) used.add(each);
  }
  assert.equal(used.size, bound);

  clock.nowMs += CHANGE_MS;
  apply(pool(flapping));
  clock.nowMs += RETIRED_MS;
  const refilled = apply(pool(flapping, ...list(1000, bound - 1))).indexOf;
  assert.deepEqual(new Set(refilled.values()), used, 'all slots are free again after the keep time');
});

test("a route's counts stay in the totals when it is gone", () => {
  const { apply, builder, metrics, clock } = build();
  const routes = (...names: string[]) =>
    `${pool(one)}routes: [${names.map((name) => `{ name: ${name}, path_prefix: /${name}, pool: p }`).join(', ')}]\n`;
  const row = apply(routes('a', 'b')).snapshot.routes[0]!.index;
  metrics.started(0, row);
  metrics.ended(0, row, 200, 5, DURATION_OF.forwarded);
  apply(routes('b'));
  assert.deepEqual(builder.retiredRoutes(), [row]);
  assert.equal(metrics.route(row).requests, 1);
  clock.nowMs = RETIRED_MS;
  apply(routes('b'));
  assert.deepEqual(builder.retiredRoutes(), []);
  assert.deepEqual([metrics.route(row).requests, metrics.route(GONE_ROUTES).requests], [0, 1]);
  assert.deepEqual(metrics.route(GONE_ROUTES).statuses, [0, 1, 0, 0, 0, 0]);
});

test('a pool keeps its slot as long as a backend does, and leaves no counts behind', () => {
  const { apply, queues, placements, clock } = build({ threads: 2 });
  const slotsOf = (...names: string[]): ReadonlyMap<string, number> => {
    const pools = names.map((name) => `${name}: { backends: [{ url: "http://${name}:1" }] }`).join(', ');
    const { snapshot } = apply(`pools: { ${pools} }\nroutes: [{ pool: ${names[0]} }]\n`);
    return new Map(snapshot.pools.map(({ settings, index }) => [settings.name, index]));
  };
  const first = slotsOf('a', 'b');
  const [a, b] = [first.get('a')!, first.get('b')!];
  for (const slot of [a, b]) {
    queues.countRefused(slot, 1);
    placements.count(slot, 1, 0);
  }
  const counts = (slot: number): number[] => [queues.refused(slot), placements.picked(slot)[0]!];
  slotsOf('b');
  clock.nowMs = RETIRED_MS - 1;
  assert.notEqual(slotsOf('b', 'c').get('c'), a, 'a request may still count there');
  assert.deepEqual([slotsOf('a', 'b').get('a'), counts(a)], [a, [1, 1]]);
  slotsOf('b');
  clock.nowMs += RETIRED_MS;
  assert.deepEqual([slotsOf('b', 'd').get('d'), counts(a)], [a, [0, 0]]);
  assert.deepEqual(counts(b), [1, 1]);
});

test('draining comes and goes with the settings, also for a backend that begins so', () => {
  const { builder, backends } = build();
  const settings = (isDraining: boolean) => {
    const file = loadText(pool(one, two), 'c.yaml', {}, { threads: '1' });
    const drained = file.pools.map((each) => ({
      ...each,
      backends: each.backends.map((backend) => (isDraining ? { ...backend, draining: true as const } : backend)),
    }));
    return { ...file, pools: drained };
  };
  const index = builder.build(settings(true)).pools[0]!.backends[0]!.index;
  builder.settle(settings(true));
  assert.equal(backends.isDraining(index), true);
  builder.build(settings(false));
  assert.equal(backends.isDraining(index), true, 'not before the threads have the snapshot');
  builder.settle(settings(false));
  assert.equal(backends.isDraining(index), false);
  builder.settle(settings(true));
  assert.equal(backends.isDraining(index), true);
});

test('a backend without an address is unresolved until it has one that applies', () => {
  const { apply, builder, found, backends } = build();
  found.set('one', []);
  const { snapshot, indexOf } = apply(pool(one, two));
  const index = indexOf.get('one')!;
  assert.deepEqual([backends.isUnresolved(index), backends.isUnresolved(indexOf.get('two')!)], [true, false]);
  assert.equal(builder.readdress(snapshot), snapshot, 'nothing has changed');
  found.set('one', ['192.0.2.7']);
  const next = builder.readdress(snapshot);
  assert.equal(next.version, snapshot.version);
  assert.deepEqual(next.pools[0]!.backends[0]!.addresses, ['192.0.2.7']);
  assert.equal(backends.isUnresolved(index), true, 'the threads do not know yet');
  builder.settleAddresses(next);
  assert.equal(backends.isUnresolved(index), false);
});
