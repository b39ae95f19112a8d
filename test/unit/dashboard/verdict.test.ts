import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backend, Frame } from '../../../dashboard/src/api/types.ts';
import { backendReason, backendState, verdictOf } from '../../../dashboard/src/live/verdict.ts';
import { frameView } from '../../../src/schemas/frame-view.ts';
import { fakeBackend, FakeTelemetry } from '../../support/fake-telemetry.ts';
import type { BackendReport } from '../../../src/state/reports.ts';

const time = (iso: string): string => iso.slice(11, 16);

function frame(backends: readonly BackendReport[], changes: Partial<Frame> = {}): Frame {
  const view = frameView({ ...new FakeTelemetry().report(), backends }, 'frame', 1000) as unknown as Frame;
  const told = view.backends.map(({ state: _, state_reason: __, state_since: ___, ...backend }) => backend as Backend);
  return { ...view, backends: told, ...changes };
}

const ill = fakeBackend({
  id: 'b2',
  available: false,
  healthy: false,
  reason: 'unhealthy',
  lastError: 'connect refused',
});

test('all well is said when every backend is available', () => {
  assert.deepEqual(verdictOf(frame([fakeBackend()]), time), { level: 'ok', title: 'All well', problems: [] });
});

test('a backend that is down is named with its reason and since when', () => {
  const seen = frame([fakeBackend(), ill]);
  const told = seen.backends.map((backend) =>
    backend.id === 'b2'
      ? {
          ...backend,
          state: 'down' as const,
          state_since: '2026-01-02T10:31:00.000Z',
          state_reason: '3 failed probes: connect refused',
        }
      : backend,
  );
  const { level, problems } = verdictOf({ ...seen, backends: told }, time);
  assert.equal(level, 'degraded');
  assert.deepEqual(problems, ['backend b2 down since 10:31 (3 failed probes: connect refused)']);
});

test('without a told reason, the words are made of what is known', () => {
  const [backend] = frame([ill]).backends;
  assert.equal(backendState(backend!), 'down');
  assert.equal(backendReason(backend!), 'unhealthy: connect refused');
});

test('it is down when no wanted backend is available; a pool without one is named', () => {
  const { level, problems } = verdictOf(frame([ill]), time);
  assert.equal(level, 'down');
  assert.equal(problems[0], 'pool api has no available backend');
});

test('what an operator wanted is no fault', () => {
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
  assert.equal(level, 'degraded');
  assert.deepEqual(problems, [
    '1 of 2 traffic threads dead',
    'the database is away; clients keep the limits last known',
  ]);
});
