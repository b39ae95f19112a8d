import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backendView } from '../../../src/backends/api/backend-view.ts';
import { circuitsView } from '../../../src/breaker/api/circuit-view.ts';
import { frameView } from '../../../src/telemetry/api/frame-view.ts';
import { rateLimitView } from '../../../src/limits/api/limiter-view.ts';
import { metricsView } from '../../../src/telemetry/api/metrics-view.ts';
import { fakeBackend, fakeCircuit, FakeTelemetry } from '../../support/fake-telemetry.ts';
import { limitPolicies } from '../../../src/limits/limit-policy.ts';
import { rateLimitSettings } from '../../support/rate-limit-settings.ts';

test('a backend is alive unless probes found it unhealthy', () => {
  assert.equal(backendView(fakeBackend({ healthy: true })).alive, true);
  assert.equal(backendView(fakeBackend({ healthy: null })).alive, true);
  assert.equal(backendView(fakeBackend({ healthy: false })).alive, false);
});

test('a backend keeps every value under its name on the wire', () => {
  assert.deepEqual(backendView(fakeBackend({ effectiveWeight: 0.5, reason: 'full', available: false })), {
    id: 'api-1',
    opaque_id: 'q3Zk9XbW1mT0uYcA',
    url: 'http://10.0.0.1:8081',
    addresses: ['10.0.0.1'],
    addresses_down: [],
    resolution: null,
    pool: 'api',
    source: 'file',
    overrides: [],
    file: null,
    version: 0,
    alive: true,
    healthy: true,
    probes: 'up',
    hint: null,
    available: false,
    reason: 'full',
    circuit: 'closed',
    circuit_forced_until: null,
    enabled: true,
    backup: false,
    max_in_flight: null,
    region: null,
    zone: null,
    draining: false,
    drained: false,
    weight: 1,
    effective_weight: 0.5,
    connections: 3,
    in_flight: 3,
    requests_total: 900,
    failures_total: 9,
    ema_ms: 12.5,
    p50: 10,
    p95: 25.5,
    p99: 80,
    error_rate: 0.01,
    last_checked: '2026-01-02T03:04:04.000Z',
    last_error: null,
    state: 'healthy',
    state_reason: null,
    state_since: '2026-01-02T03:04:00.000Z',
    slow_start: null,
    adaptive: null,
  });
});

test("a backend shows its overrides in the API's terms, and whether it is drained", () => {
  const origin = {
    source: 'file',
    overrides: ['pool', 'maxInFlight'],
    file: { pool: 'p', maxInFlight: 3 },
    version: 4,
  } as const;
  const { source, overrides, file, version, drained } = backendView(
    fakeBackend({ origin, draining: true, inFlight: 0 }),
  );
  assert.deepEqual(
    { source, overrides, file, version, drained },
    {
      source: 'file',
      overrides: ['pool', 'max_in_flight'],
      file: { pool: 'p', max_in_flight: 3 },
      version: 4,
      drained: true,
    },
  );
  assert.equal(backendView(fakeBackend({ draining: true, inFlight: 1 })).drained, false);
  assert.equal(backendView(fakeBackend({ draining: false, inFlight: 0 })).drained, false);
});

test('circuits are listed by backend id; one without calls has no error rate', () => {
  const idle = fakeCircuit({ windowRequests: 0, windowFailures: 0, lastFailureAt: null });
  const open = fakeCircuit({ state: 'open', windowRequests: 40, windowFailures: 30, retryAt: 0, trials: 2 });
  const views = circuitsView([fakeBackend({ circuit: open }), fakeBackend({ id: '__proto__', circuit: idle })]);
  assert.deepEqual(Object.keys(views), ['api-1', '__proto__']);
  const { state, failure_count, success_count, total_calls, error_rate, half_open_calls } = views['api-1']!;
  assert.deepEqual(
    { state, failure_count, success_count, total_calls, error_rate, half_open_calls },
    { state: 'open', failure_count: 30, success_count: 10, total_calls: 40, error_rate: 0.75, half_open_calls: 2 },
  );
  assert.equal(views['api-1']!.next_attempt, '1970-01-01T00:00:00.000Z');
  const none = Object.values(views)[1]!;
  assert.deepEqual([none.error_rate, none.next_attempt, none.last_failure_time], [0, null, null]);
});

test('the average response time is weighted by requests and leaves out backends without a sample', () => {
  const report = new FakeTelemetry().report();
  // (12.5 × 900 + 112.5 × 100) / 1000
  assert.equal(metricsView(report, []).avg_response_time, 22.5);
  assert.equal(metricsView({ ...report, backends: [fakeBackend({ emaMs: null })] }, []).avg_response_time, null);
  assert.equal(metricsView({ ...report, backends: [fakeBackend({ requestsTotal: 0 })] }, []).avg_response_time, null);
});

test('the summary figures are the report’s', () => {
  const view = metricsView(new FakeTelemetry().report(), []);
  assert.equal(view.total_requests, 1001);
  assert.equal(view.active_backends, 2);
  assert.equal(view.requests_per_minute, 1530);
});

test('the algorithm is the pools’ common one, or mixed', () => {
  const report = new FakeTelemetry().report();
  const one = { name: 'a', algorithm: 'random' } as const;
  const other = { name: 'b', algorithm: 'round-robin' } as const;
  assert.equal(metricsView(report, [one]).algorithm, 'random');
  assert.equal(metricsView(report, [one, { ...one, name: 'b' }]).algorithm, 'random');
  assert.equal(metricsView(report, [one, other]).algorithm, 'mixed');
  assert.equal(metricsView(report, []).algorithm, 'mixed');
});

test('a rate limiter without a global bucket says null', () => {
  const limiter = { ...new FakeTelemetry().report().limiter, globalTokens: null };
  const view = rateLimitView(limiter, limitPolicies(rateLimitSettings()));
  assert.deepEqual(view.per_ip_limit, {
    algorithm: 'token-bucket',
    capacity: 100,
    rate_per_second: 10,
    window_seconds: null,
  });
  assert.deepEqual([view.global_limit, view.global_tokens], [null, null]);
  assert.deepEqual([view.active_ips, view.active_clients, view.type], [12, 12, 'token_bucket']);
});

test('a frame carries the same backends as the REST answer', () => {
  const report = new FakeTelemetry().report();
  const frame = frameView(report, 'frame', 2500);
  assert.equal(frame.interval_s, 2.5);
  assert.deepEqual(frame.backends, metricsView(report, []).backends);
});
