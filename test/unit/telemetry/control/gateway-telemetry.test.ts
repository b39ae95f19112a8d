import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendRow } from '../../../../src/backends/backend-row.ts';
import { loadText } from '../../../../src/config/load.ts';
import { SnapshotBuilder } from '../../../../src/gateway/control/snapshot-builder.ts';
import { GatewayTelemetry } from '../../../../src/telemetry/control/gateway-telemetry.ts';
import { DURATION_OF, type MetricsTable, NO_ROUTE, THREAD_COUNTER } from '../../../../src/runtime/metrics-table.ts';
import { RateLimiter } from '../../../../src/limits/rate-limiter.ts';
import type { SharedClock } from '../../../../src/runtime/shared-clock.ts';
import { allocateSharedMemory, attachSharedMemory } from '../../../../src/threads/shared-memory.ts';

const YAML = 'pools: { web: { backends: [{ url: "http://10.0.0.1", id: a }] } }\n';

function build(maxClients = 16, yaml = YAML) {
  const memory = allocateSharedMemory({ threads: 1, maxClients, hashKey: new Uint32Array([1, 2]) });
  const attached = attachSharedMemory(memory, 1);
  const time = { nowMs: 1000 };
  const clock: SharedClock = Object.assign(attached.clock, { nowMs: () => time.nowMs });
  const tables = { ...attached, clock };
  const settings = loadText(yaml, 'c.yaml', {}, { threads: '1' });
  const builder = new SnapshotBuilder({ backends: tables.backends, metrics: tables.metrics, nowMs: clock.nowMs });
  const snapshot = builder.build(settings);
  let current = snapshot;
  const telemetry = new GatewayTelemetry({
    exporters: () => [],
    tables,
    limiter: new RateLimiter(tables.clients, memory.hashKey),
    version: '0.0.0-test',
    settings: () => settings,
    snapshot: () => current,
    retiredRoutes: () => builder.retiredRoutes(),
    threads: () => [],
    registeredClients: () => 0,
    addresses: { known: () => ['192.0.2.1'], used: () => ['192.0.2.1'], resolution: () => null },
    probe: () => undefined,
    condition: () => ({ state: 'healthy', stateReason: null, stateSince: 0, slowStart: null, adaptive: null }),
    database: () => ({ mode: 'embedded', available: true }),
    origin: () => ({ source: 'file', overrides: [], file: null, version: 0 }),
    configuration: () => ({ isLastReloadGood: false }),
  });
  const apply = (next: string) => (current = builder.build(loadText(next, 'c.yaml', {}, { threads: '1' })));
  /** As many seconds, each with a reading. */
  const pass = (seconds: number): void => {
    for (let second = 0; second < seconds; second += 1) {
      time.nowMs += 1000;
      telemetry.sample();
    }
  };
  const { clients, metrics } = tables;
  const row = new BackendRow(tables.backends, 0);
  return { telemetry, clients, metrics, row, snapshot, route: snapshot.routes[0]!.index, time, apply, pass };
}

function answer(metrics: MetricsTable, route: number, status: number, ms: number, of: 0 | 1, count: number): void {
  for (let at = 0; at < count; at += 1) {
    metrics.started(0, route);
    metrics.ended(0, route, status, ms, of);
  }
}

test('percentiles are of forwarded requests, however many the gateway refuses', () => {
  const { telemetry, metrics, route } = build();
  answer(metrics, route, 200, 80, DURATION_OF.forwarded, 10);
  answer(metrics, route, 429, 0.05, DURATION_OF.own, 1000);
  answer(metrics, NO_ROUTE, 404, 0.05, DURATION_OF.own, 1000);
  const { duration, routes, requestsTotal, ownAnswersTotal } = telemetry.report();
  for (const { p50 } of [duration, routes[0]!.duration]) assert.ok(p50! > 70 && p50! < 90, `p50 ${p50}`);
  assert.deepEqual([requestsTotal, ownAnswersTotal, routes[0]!.ownAnswersTotal], [2010, 2000, 1000]);
});

test('without a forwarded request there is no percentile', () => {
  const { telemetry, metrics, route } = build();
  answer(metrics, route, 503, 0.1, DURATION_OF.own, 50);
  assert.deepEqual(telemetry.report().duration, { p50: null, p95: null, p99: null });
});

test('the share of 5xx is of the last minute, and unknown below one request a second', () => {
  const { telemetry, metrics, route, time } = build();
  telemetry.sample();
  time.nowMs += 10_000;
  answer(metrics, route, 200, 1, DURATION_OF.forwarded, 8);
  answer(metrics, route, 503, 1, DURATION_OF.own, 1);
  assert.equal(telemetry.report().routes[0]!.errorShare, null);
  answer(metrics, route, 502, 1, DURATION_OF.forwarded, 1);
  assert.equal(telemetry.report().routes[0]!.errorShare, 0.2);
  for (let second = 0; second < 61; second += 1) {
    telemetry.sample();
    time.nowMs += 1000;
    answer(metrics, route, 200, 1, DURATION_OF.forwarded, 2);
  }
  assert.equal(telemetry.report().routes[0]!.errorShare, 0);
});

test('the share of refusals counts those of clients, routes and the gateway', () => {
  const { telemetry, metrics, time } = build();
  telemetry.sample();
  time.nowMs += 1000;
  const count = (name: keyof typeof THREAD_COUNTER, times: number): void => {
    for (let at = 0; at < times; at += 1) metrics.count(0, THREAD_COUNTER[name]);
  };
  count('allowed', 5);
  count('allowlisted', 1);
  count('refused', 2);
  count('refusedGlobal', 1);
  count('refusedRoute', 1);
  assert.equal(telemetry.report().limiter.refusedShare, 0.4);
});

test('a refused reload is in the report', () => {
  assert.equal(build().telemetry.report().configuration.isLastReloadGood, false);
});

test('reading a report changes nothing: clients of a large table are counted by the samples', () => {
  const { telemetry, clients, time } = build(400_000);
  const settings = { capacity: 1, ratePerSecond: 0.001 };
  // A slot in each half of the table: the high word selects it.
  for (const hi of [0x1000_0000, 0xf000_0000]) clients.take(7, hi, 1, settings, time.nowMs);
  const counts = (times: number): readonly number[] =>
    Array.from({ length: times }, () => telemetry.report().limiter.activeClients);
  assert.deepEqual(counts(4), [0, 0, 0, 0]);
  for (let at = 0; at < Math.ceil(clients.length / 262_144); at += 1) telemetry.sample();
  assert.deepEqual(counts(4), [2, 2, 2, 2]);
});

test('a split is reported as a whole, and pool by pool', () => {
  const pools =
    'pools: { a: { backends: [{ url: "http://10.0.0.1" }] }, b: { backends: [{ url: "http://10.0.0.2" }] } }';
  const { telemetry, metrics, snapshot, time } = build(
    16,
    `${pools}\nroutes: [{ name: parts, split: [{ pool: a, weight: 9 }, { pool: b, weight: 1 }] }]`,
  );
  const { index, shares = [] } = snapshot.routes[0]!;
  telemetry.sample();
  time.nowMs += 1000;
  answer(metrics, index, 401, 1, DURATION_OF.own, 5);
  answer(metrics, shares[0]!.index, 200, 10, DURATION_OF.forwarded, 90);
  answer(metrics, shares[1]!.index, 502, 100, DURATION_OF.forwarded, 10);
  const { routes, requestsTotal } = telemetry.report();
  const [route] = routes;
  assert.deepEqual([requestsTotal, route!.requestsTotal, route!.ownAnswersTotal, route!.pool], [105, 105, 5, '']);
  assert.equal(route!.errorShare, 0.095);
  assert.ok(route!.duration.p50! < 20);
  assert.deepEqual(
    route!.shares.map((share) => [share.pool, share.requestsTotal, share.requestsPerSecond, share.errorShare]),
    [
      ['a', 90, 90, 0],
      ['b', 10, 10, 1],
    ],
  );
  assert.ok(route!.shares[1]!.duration.p95! > 80);
});

test('another server under an id has percentiles of its own', () => {
  const { telemetry, row, apply, pass, snapshot } = build();
  const answers = (index: number, ms: number, count: number): void => {
    for (let at = 0; at < count; at += 1) row.answered(index, ms, 1000);
  };
  answers(snapshot.pools[0]!.backends[0]!.index, 1, 100);
  pass(11);
  const next = apply(YAML.replace('10.0.0.1', '10.0.0.2')).pools[0]!.backends[0]!.index;
  answers(next, 1, 100);
  answers(next, 50, 10);
  assert.ok(telemetry.backend('a')!.p50! < 2, `p50 ${telemetry.backend('a')!.p50}`);
  pass(11);
  assert.ok(telemetry.backend('a')!.p50! < 2, `p50 ${telemetry.backend('a')!.p50}`);
});

test('a route on the row of a removed one has percentiles and rates of its own', () => {
  const { telemetry, metrics, route, time, apply, pass } = build(16, `${YAML}routes: [{ name: old, pool: web }]\n`);
  answer(metrics, route, 200, 1, DURATION_OF.forwarded, 100);
  pass(11);
  const without = `${YAML}routes: [{ name: other, pool: web }]\n`;
  apply(without);
  // Longer than a row is kept for requests that are late.
  pass(301);
  const both = 'routes: [{ name: other, pool: web }, { name: new, pool: web, path_prefix: /new }]';
  const row = apply(`${YAML}${both}\n`).routes.find(({ settings }) => settings.name === 'new')!.index;
  assert.equal(row, route);
  pass(1);
  answer(metrics, row, 200, 1, DURATION_OF.forwarded, 100);
  answer(metrics, row, 200, 50, DURATION_OF.forwarded, 10);
  time.nowMs += 1000;
  const report = telemetry.report().routes.find(({ name }) => name === 'new')!;
  assert.ok(report.duration.p50! < 2, `p50 ${report.duration.p50}`);
  assert.equal(report.requestsPerSecond, 110);
});
