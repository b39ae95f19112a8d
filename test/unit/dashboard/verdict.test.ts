import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { Backend, Frame } from '../../../dashboard/src/api/types.ts';
import { backendReason, backendState, verdictOf } from '../../../dashboard/src/live/verdict.ts';
import { frameView } from '../../../src/telemetry/api/frame-view.ts';
import { fakeBackend, FakeTelemetry } from '../../support/fake-telemetry.ts';
import type { BackendReport } from '../../../src/telemetry/control/reports.ts';

const time = (iso: string): string => iso.slice(11, 16);

function frame(backends: readonly BackendReport[], changes: Partial<Frame> = {}): Frame {
  const view = frameView({ ...new FakeTelemetry().report(), backends }, 'frame', 1000) as unknown as Frame;
  const reported = view.backends.map(
    ({ state: _, state_reason: __, state_since: ___, ...backend }) => backend as Backend,
  );
  return { ...view, backends: reported, ...changes };
}

const unhealthy = fakeBackend({
  id: 'b2',
  available: false,
  healthy: false,
  reason: 'unhealthy',
  lastError: 'connect refused',
});

test('all is healthy when every backend is available', () => {
  assert.deepEqual(verdictOf(frame([fakeBackend()]), time), { level: 'ok', title: 'All healthy', problems: [] });
});

test('a backend that is down is shown with its reason and since when', () => {
  const seen = frame([fakeBackend(), unhealthy]);
  const reported = seen.backends.map((backend) =>
    backend.id === 'b2'
      ? {
          ...backend,
          state: 'down' as const,
          state_since: '2026-01-02T10:31:00.000Z',
          state_reason: '3 failed probes: connect refused',
        }
      : backend,
  );
  const { level, problems } = verdictOf({ ...seen, backends: reported }, time);
  assert.equal(level, 'degraded');
  assert.deepEqual(problems, ['backend b2 down since 10:31 (3 failed probes: connect refused)']);
});

test('a collector that accepts nothing is named, with its error and since when', () => {
  const [exporter] = frame([fakeBackend()]).exporters;
  const failing = {
    ...exporter!,
    state: 'failing' as const,
    failing_since: '2026-01-02T10:31:00.000Z',
    last_error: 'ECONNREFUSED',
  };
  const { level, problems } = verdictOf(frame([fakeBackend()], { exporters: [failing] }), time);
  assert.equal(level, 'degraded');
  assert.deepEqual(problems, ['traces cannot be exported since 10:31 (ECONNREFUSED)']);
});

test('without a reported reason, the text is built from what is known', () => {
  const [backend] = frame([unhealthy]).backends;
  assert.equal(backendState(backend!), 'down');
  assert.equal(backendReason(backend!), 'unhealthy: connect refused');
});

test('it is down when no backend is available; a pool without one is named', () => {
  const { level, title, problems } = verdictOf(frame([unhealthy]), time);
  assert.deepEqual([level, title], ['down', 'Down']);
  assert.equal(problems[0], 'pool api, behind route all, has no available backend');
});

describe('red, where the alerts page:', () => {
  const served = frame([fakeBackend()]);
  const [route] = served.routes;

  it('a pool behind a route has no available backend, though others have', () => {
    const { level, title, problems } = verdictOf(frame([fakeBackend({ pool: 'other', id: 'o1' }), unhealthy]), time);
    assert.deepEqual([level, title], ['down', 'Failing']);
    assert.equal(problems[0], 'pool api, behind route all, has no available backend');
  });

  it('a route leads to a pool without backends', () => {
    const { level, problems } = verdictOf(
      { ...served, routes: [route!, { ...route!, name: 'r2', pool: 'none' }] },
      time,
    );
    assert.equal(level, 'down');
    assert.deepEqual(problems, ['pool none, behind route r2, has no available backend']);
  });

  it('one pool of a split has no available backend', () => {
    const shares = ['api', 'none'].map((pool) => ({ ...route!, pool }));
    const { problems } = verdictOf({ ...served, routes: [{ ...route!, pool: '', shares }] }, time);
    assert.deepEqual(problems, ['pool none, behind route all, has no available backend']);
  });

  it('but not a route that forwards nothing', () => {
    const routes = [route!, { ...route!, name: 'r2', pool: '' }];
    assert.equal(verdictOf({ ...served, routes }, time).level, 'ok');
  });

  it('but not a pool that no route leads to', () => {
    const { level, problems } = verdictOf(frame([fakeBackend(), { ...unhealthy, pool: 'spare' }]), time);
    assert.equal(level, 'degraded');
    assert.equal(problems[0], 'pool spare has no available backend');
  });

  for (const [share, level] of [
    [null, 'ok'],
    [0.05, 'ok'],
    [0.051, 'down'],
  ] as const) {
    it(`5xx of a share of ${share}: ${level}`, () => {
      const verdict = verdictOf({ ...served, routes: [{ ...route!, error_share: share }] }, time);
      assert.equal(verdict.level, level);
      assert.deepEqual(verdict.problems, level === 'ok' ? [] : ['5.1% of the answers of route all are 5xx']);
    });
  }
});

describe('amber, where they open a ticket:', () => {
  const served = frame([fakeBackend()]);
  const { limiter, routes } = served;
  for (const [name, changes, problem] of [
    [
      'a storm of 429',
      { limiter: { ...limiter, refused_share: 0.21 } },
      '21% of all requests are refused by rate limits (429)',
    ],
    [
      'a refused reload',
      { configuration: { last_reload_successful: false } },
      'the last reload was refused; the configuration before it still applies',
    ],
    ['a slow route', { routes: [{ ...routes[0]!, p95: 1001 }] }, 'route all is slow: p95 1 s'],
  ] as [string, Partial<Frame>, string][]) {
    it(name, () => {
      const { level, problems } = verdictOf({ ...served, ...changes }, time);
      assert.equal(level, 'degraded');
      assert.equal(problems.length, 1);
      assert.equal(problems[0]!.replaceAll('\u00a0', ' '), problem);
    });
  }

  it('but not at the threshold', () => {
    const changes = { limiter: { ...limiter, refused_share: 0.2 }, routes: [{ ...routes[0]!, p95: 1000 }] };
    assert.equal(verdictOf({ ...served, ...changes }, time).level, 'ok');
  });
});

test("an operator's intention is not a fault", () => {
  const drained = fakeBackend({ id: 'b3', draining: true, available: false, reason: 'draining' });
  const disabled = fakeBackend({ id: 'b4', enabled: false, available: false, reason: 'disabled' });
  const seen = frame([fakeBackend(), drained, disabled]);
  assert.equal(verdictOf(seen, time).level, 'ok');
  assert.deepEqual(seen.backends.map(backendState), ['healthy', 'draining', 'disabled']);
});

test('the database and dead threads are faults', () => {
  const threads = [
    { index: 0, state: 'running' as const },
    { index: 1, state: 'dead' as const },
  ];
  const changes = {
    database: { mode: 'postgres' as const, available: false },
    threads: threads.map((thread) => ({
      ...thread,
      restarts: 0,
      snapshot: 1,
      connections: 0,
      refused_connections: 0,
      tunnels: 0,
    })),
  };
  const { level, problems } = verdictOf(frame([fakeBackend()], changes), time);
  assert.equal(level, 'down');
  assert.deepEqual(problems, [
    '1 of 2 traffic threads dead',
    'the database is unavailable; clients keep their last known limits',
  ]);
});
