import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendRow } from '../../../../src/backends/backend-row.ts';
import { loadText } from '../../../../src/config/load.ts';
import type { SeenBeat } from '../../../../src/fleet/core/membership.ts';
import { SnapshotBuilder } from '../../../../src/gateway/control/snapshot-builder.ts';
import { ScaleKeeper } from '../../../../src/scaling/control/scale-keeper.ts';
import type { TargetReport } from '../../../../src/scaling/scale-report.ts';
import { allocateSharedMemory, attachSharedMemory } from '../../../../src/threads/shared-memory.ts';
import { loneFleet } from '../../../support/lone-fleet.ts';

function yaml(scale: string, more = ''): string {
  return `${more}pools:
  web:
    scale: ${scale}
    backends: [{ url: "http://10.0.0.1", id: a }, { url: "http://10.0.0.2", id: b }]
  other: { backends: [{ url: "http://10.0.0.3", id: c }] }
routes: [{ pool: web }]
`;
}

function build(text: string, addresses?: (id: string) => readonly string[]) {
  const memory = allocateSharedMemory({ threads: 1, maxClients: 16, hashKey: new Uint32Array([1, 2]) });
  const attached = attachSharedMemory(memory, 1);
  const time = { nowMs: 1000, cpuSeconds: 0 };
  const clock = Object.assign(attached.clock, { nowMs: () => time.nowMs });
  const tables = { ...attached, clock };
  let settings = loadText(text, 'c.yaml', {}, {});
  const builder = new SnapshotBuilder({
    backends: tables.backends,
    metrics: tables.metrics,
    nowMs: clock.nowMs,
    ...(addresses === undefined ? {} : { addresses: ({ id }) => addresses(id) }),
  });
  let snapshot = builder.build(settings);
  const own = loneFleet.report();
  const fleet = { ownId: own.ownId, live: own.live };
  const keeper = new ScaleKeeper({
    tables,
    settings: () => settings,
    snapshot: () => snapshot,
    gateways: () => fleet,
    cpuSeconds: () => time.cpuSeconds,
    cpus: 2,
  });
  const row = new BackendRow(tables.backends, 0);
  const slots = new Map(snapshot.pools.flatMap(({ backends }) => backends.map(({ id, index }) => [id, index])));
  const slot = (id: string): number => slots.get(id)!;
  return {
    keeper,
    time,
    fleet,
    tables,
    row,
    slot,
    load: (next: string) => {
      settings = loadText(next, 'c.yaml', {}, {});
      snapshot = builder.build(settings);
      keeper.advise();
    },
    web: (): TargetReport => keeper.report().pools.find(({ name }) => name === 'web')!,
    /** Each second, this many answers of this latency from a backend, for this long. */
    run: (seconds: number, perSecond: number, latencyMs = 10, id = 'a') => {
      for (let at = 0; at < seconds; at += 1) {
        time.nowMs += 1000;
        for (let answer = 0; answer < perSecond; answer += 1) {
          row.answered(slot(id), latencyMs, time.nowMs);
          row.counted(slot(id), false, time.nowMs, 10_000);
        }
        keeper.round();
      }
    },
  };
}

function valueOf(report: TargetReport, signal: string): number | null | undefined {
  return report.readings.find((reading) => reading.signal === signal)?.value;
}

test('requests a second are those of all backends over the last half minute', () => {
  const { keeper, run, web } = build(yaml('{ rps: 10, stabilization: 0s }'));
  keeper.round();
  run(30, 40);
  assert.equal(valueOf(web(), 'rps'), 40);
  assert.deepEqual([web().present, web().ready, web().wanted, web().by], [2, 2, 4, 'rps']);
  run(15, 0);
  assert.ok(Math.abs(valueOf(web(), 'rps')! - 20) < 2, `${valueOf(web(), 'rps')}`);
  run(30, 0);
  assert.deepEqual([valueOf(web(), 'rps'), web().wanted], [0, 1]);
  assert.deepEqual(
    keeper.report().pools.map(({ name }) => name),
    ['web'],
    'a pool without scale is not judged',
  );
});

test('requests in flight are the mean of the readings, waiting ones included', () => {
  const { keeper, run, row, slot, tables, web } = build(yaml('{ in_flight: 4 }'));
  for (let at = 0; at < 10; at += 1) row.started(slot('b'));
  tables.queues.set(0, 0, 6, 1000);
  keeper.round();
  run(5, 0);
  assert.deepEqual([valueOf(web(), 'in_flight'), web().asked], [16, 4]);
  for (let at = 0; at < 10; at += 1) row.ended(slot('b'));
  tables.queues.set(0, 0, 0, 0);
  run(5, 0);
  assert.ok(valueOf(web(), 'in_flight')! < 9);
});

test('p95 is of all answers of the pool in the last minute; 0 without a request, unknown without an answer', () => {
  const { keeper, run, web } = build(yaml('{ p95: 100ms, stabilization: 0s }'));
  keeper.round();
  assert.deepEqual([valueOf(web(), 'p95'), web().wanted], [0, 1]);
  run(10, 10, 20, 'a');
  run(10, 10, 400, 'b');
  assert.ok(Math.abs(valueOf(web(), 'p95')! - 400) < 30, `${valueOf(web(), 'p95')}`);
  assert.equal(web().wanted, 4, 'four times two, and at most twice as many at once');
  const failing = build(yaml('{ p95: 100ms, stabilization: 0s }'));
  failing.keeper.round();
  failing.row.counted(failing.slot('a'), true, 1500, 10_000);
  failing.run(5, 0);
  assert.deepEqual([valueOf(failing.web(), 'p95'), failing.web().wanted], [null, 2]);
});

test('a backend that comes back brings no requests of before', () => {
  const both = yaml('{ rps: 10, p95: 100ms, stabilization: 0s }');
  const { keeper, run, web, load } = build(both);
  keeper.round();
  run(10, 100, 900, 'b');
  load(both.replace(', { url: "http://10.0.0.2", id: b }', ''));
  run(60, 1, 20, 'a');
  const seen = (): unknown => [valueOf(web(), 'rps'), valueOf(web(), 'p95')! < 30];
  assert.deepEqual(seen(), [1, true]);
  load(both);
  assert.deepEqual(seen(), [1, true], 'not read yet');
  run(1, 1, 20, 'a');
  assert.deepEqual(seen(), [1, true]);
});

test('replicas are backends in use, by address; backups and drained ones are none', () => {
  const text = yaml('{ rps: 1 }');
  const addresses = { a: ['10.0.0.1', '10.0.0.4', '::1', '::2'], b: ['10.0.0.2'], c: [] };
  const { keeper, tables, slot, web } = build(text, (id) => addresses[id as 'a']);
  keeper.advise();
  assert.deepEqual([web().present, web().ready], [3, 3], 'with addresses of both families, two');
  tables.backends.setHealth(slot('b'), 'down');
  keeper.advise();
  assert.deepEqual([web().present, web().ready], [3, 2]);
  tables.backends.setDraining(slot('a'), true);
  keeper.advise();
  assert.deepEqual([web().present, web().ready], [1, 0]);
});

test('traffic of a fleet is that of all gateways, by their share of the requests', () => {
  const { keeper, fleet, run, web } = build(yaml('{ rps: 10, max: 100 }'));
  const [own] = fleet.live as [SeenBeat];
  const beat = (id: string, requestsPerSecond: number): SeenBeat => ({
    ...own,
    id,
    figures: { ...own.figures, requestsPerSecond },
  });
  keeper.round();
  fleet.live = [beat(own.id, 20), beat('x', 60)];
  run(30, 20);
  assert.deepEqual([valueOf(web(), 'rps'), keeper.report().gateways], [80, 2]);
  fleet.live = [beat(own.id, 0), beat('x', 60), beat('y', 60)];
  keeper.advise();
  assert.equal(valueOf(web(), 'rps'), 60, 'without requests of its own, each counts the same');
});

test('gateways are judged by the requests of all and the processors of one', () => {
  const database = 'database: { url: "postgres://db/sluice" }\n';
  const fleetYaml = (scale: string): string => yaml('{ rps: 1 }', `${database}fleet: { scale: ${scale} }\n`);
  const { keeper, fleet, run, time, load } = build(fleetYaml('{ rps: 100, cpu: 0.5 }'));
  keeper.round();
  for (let at = 0; at < 30; at += 1) {
    time.cpuSeconds += 1.9;
    run(1, 0);
  }
  const [own] = fleet.live as [SeenBeat];
  fleet.live = [{ ...own, figures: { ...own.figures, requestsPerSecond: 250 } }];
  keeper.advise();
  const { gateway } = keeper.report();
  assert.deepEqual([gateway!.present, gateway!.wanted, gateway!.by], [1, 3, 'rps']);
  assert.ok(Math.abs(valueOf(gateway!, 'cpu')! - 0.95) < 0.01, `${valueOf(gateway!, 'cpu')}`);
  load(yaml('{ rps: 1 }', database));
  assert.equal(keeper.report().gateway, null);
});

test('a reload applies at once, and a pool whose scale was removed is forgotten', () => {
  const { keeper, run, web, load } = build(yaml('{ rps: 10 }'));
  keeper.round();
  run(30, 100);
  assert.equal(web().asked, 10);
  load(yaml('{ rps: 50, max: 3 }'));
  assert.deepEqual([web().asked, web().max, web().limitedBy], [2, 3, 'max']);
  load('pools: { web: { backends: [{ url: "http://10.0.0.1", id: a }] } }\n');
  assert.deepEqual(keeper.report().pools, []);
  load(yaml('{ rps: 50 }'));
  assert.equal(web().wanted, 2, 'what was wanted before does not count');
});
