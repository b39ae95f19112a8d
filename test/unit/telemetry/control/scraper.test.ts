import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { loadText } from '../../../../src/config/load.ts';
import { LoopDelayWatch } from '../../../../src/telemetry/control/loop-delay.ts';
import { loneFleet } from '../../../support/lone-fleet.ts';
import { Scraper } from '../../../../src/telemetry/control/scraper.ts';
import { SnapshotBuilder } from '../../../../src/gateway/control/snapshot-builder.ts';
import { BackendRow } from '../../../../src/backends/backend-row.ts';
import { DURATION_OF, NO_ROUTE, THREAD_COUNTER } from '../../../../src/runtime/metrics-table.ts';
import { allocateSharedMemory, attachSharedMemory } from '../../../../src/threads/shared-memory.ts';
import { fakeScaling } from '../../../support/fake-scaling.ts';
import { FakeTelemetry } from '../../../support/fake-telemetry.ts';

const YAML = `
pools: { web: { backends: [{ url: "http://a:1", id: a }, { url: "http://b:1", id: b }] } }
routes: [
  { name: api, path_prefix: /api, pool: web },
  { name: parts, path_prefix: /parts, split: [{ pool: web, weight: 1 }] },
  { name: rest, path_prefix: /, pool: web },
]
`;

function build(t: TestContext) {
  const memory = allocateSharedMemory({ threads: 2, maxClients: 10, hashKey: new Uint32Array([1, 2]) });
  const tables = attachSharedMemory(memory, 2);
  const builder = new SnapshotBuilder({ backends: tables.backends, metrics: tables.metrics, nowMs: () => 0 });
  const snapshot = builder.build(loadText(YAML, 'c.yaml', {}, {}));
  const delay = new LoopDelayWatch();
  t.after(() => delay.stop());
  const loop = { active: 1500, idle: 500, utilization: 0.75 };
  const scraper = new Scraper({
    tables,
    telemetry: new FakeTelemetry(),
    snapshot: () => snapshot,
    threads: () => [
      { index: 0, deaths: 3, seen: 'stuck', stalls: 4, worker: { performance: { eventLoopUtilization: () => loop } } },
    ],
    configuration: () => ({ appliedAt: 0, isLastReloadGood: true, reverts: 0 }),
    keySources: () => [],
    nameLookups: () => ({ lookups: 0, failures: 0 }),
    certificates: () => ({
      expiries: [],
      replacedTotal: 0,
      refusedTotal: 0,
      issuedTotal: 0,
      failedTotal: 0,
      onDemand: null,
    }),
    delay,
    refusedAdminConnections: () => 4,
    discovery: () => [],
    routeProviders: () => [],
    fleet: loneFleet.report,
    sharing: () => null,
    scale: () => fakeScaling.report(),
    droppedLogLines: () => 9,
  });
  return { tables, snapshot, scraper };
}

test('routes are those of the snapshot and then one for the requests that match none', async (t) => {
  const { tables, snapshot, scraper } = build(t);
  const api = snapshot.routes.find(({ settings }) => settings.name === 'api')!.index;
  for (const [thread, status, ms, of] of [
    [0, 200, 3, DURATION_OF.forwarded],
    [1, 503, 400, DURATION_OF.forwarded],
    [1, 0, 9000, DURATION_OF.forwarded],
    [0, 429, 0.125, DURATION_OF.own],
  ] as const) {
    tables.metrics.started(thread, api);
    tables.metrics.ended(thread, api, status, ms, of);
  }
  tables.metrics.endedCall(0, api, 14);
  tables.metrics.endedCall(1, api, 14);
  tables.metrics.started(0, NO_ROUTE);
  const { routes } = await scraper.scrape();
  const named = routes.map(({ name, pool }) => `${name} ${pool}`);
  assert.deepEqual(named.toSorted(), ['api web', 'parts ', 'parts web', 'rest web', 'unmatched ']);
  const found = routes.find(({ name }) => name === 'api')!;
  assert.deepEqual(found.statuses, { '1xx': 0, '2xx': 1, '3xx': 0, '4xx': 1, '5xx': 1, aborted: 1 });
  assert.equal(found.forwardedDuration.sum, 0.403);
  const under = (bound: number): number =>
    found.forwardedDuration.counts[found.forwardedDuration.bounds.indexOf(bound)]!;
  assert.deepEqual([under(0.0025), under(0.005), under(0.25), under(0.5)], [0, 1, 1, 2]);
  assert.deepEqual([found.ownDuration.sum, found.ownDuration.counts[0]], [0.000125, 1]);
  assert.deepEqual([found.calls[0], found.calls[14], found.calls.length], [0, 2, 17]);
  // Aborted requests have no duration.
  assert.equal(found.forwardedDuration.counts.at(-1), 2);
  assert.equal(routes.find(({ name }) => name === 'unmatched')!.inFlight, 1);
});

test('backends stand in the order of the report, each with its own answers', async (t) => {
  const { tables, snapshot, scraper } = build(t);
  const [first, second] = snapshot.pools[0]!.backends;
  new BackendRow(tables.backends, 0).answered(second!.index, 20, 0, 404);
  new BackendRow(tables.backends, 1).answered(second!.index, 5, 0, 200);
  const { backends } = await scraper.scrape();
  assert.deepEqual([first!.id, second!.id], ['a', 'b']);
  assert.deepEqual(
    backends.map(({ response }) => response.counts.at(-1)),
    [0, 2],
  );
  assert.deepEqual(backends[1]!.statuses, { '1xx': 0, '2xx': 1, '3xx': 0, '4xx': 1, '5xx': 0 });
  assert.equal(backends[1]!.response.sum, 0.025);
});

test('threads tell their deaths and their event loops, in seconds', async (t) => {
  const { tables, scraper } = build(t);
  tables.metrics.count(0, THREAD_COUNTER.droppedLogLines);
  const { threads, control } = await scraper.scrape();
  assert.deepEqual(threads, [
    {
      restartsTotal: 3,
      isStuck: true,
      stallsTotal: 4,
      droppedLogLines: 1,
      sheddingLevel: 0,
      loop: { active: 1.5, idle: 0.5 },
    },
  ]);
  assert.equal(control.droppedLogLines, 9);
  assert.ok(control.loop.active > 0);
});

test('the process has used time and memory, and begun in the past', async (t) => {
  const { process: figures } = await build(t).scraper.scrape();
  assert.ok(figures.cpuSeconds > 0 && figures.residentBytes > 1e6 && figures.heapUsedBytes > 1e6);
  assert.ok(figures.startTimeSeconds > 1.7e9 && figures.startTimeSeconds < Date.now() / 1000);
  if (process.platform === 'linux') assert.ok(figures.openFds! > 0 && figures.maxFds! >= figures.openFds!);
});

test('a new window of the loop’s delay forgets no sum', (t) => {
  const watch = new LoopDelayWatch();
  t.after(() => watch.stop());
  const before = watch.report();
  watch.rotate();
  const after = watch.report();
  assert.ok(after.count >= before.count && after.sum >= before.sum);
  assert.deepEqual(
    after.quantiles.map(({ quantile }) => quantile),
    [0.5, 0.99, 1],
  );
});

test('connections that the admin port refused are those of the control thread', async (t) => {
  const { scraper } = build(t);
  assert.equal((await scraper.scrape()).control.refusedConnections, 4);
});
