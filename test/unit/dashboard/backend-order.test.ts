import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backend } from '../../../dashboard/src/api/types.ts';
import { byPool, groupText } from '../../../dashboard/src/views/backends/backend-order.ts';
import { backendView } from '../../../src/backends/api/backend-view.ts';
import { fakeBackend } from '../../support/fake-telemetry.ts';

const backend = (id: string, pool: string, change: Partial<Backend> = {}): Backend =>
  ({ ...backendView(fakeBackend({ id, pool })), ...change }) as Backend;

test('pools with something down come first, and in each what is down, degraded, draining, disabled, healthy', () => {
  const groups = byPool([
    backend('a1', 'a'),
    backend('b1', 'b'),
    backend('b2', 'b', { enabled: false }),
    backend('b3', 'b', { draining: true }),
    backend('b4', 'b', { state: 'degraded' }),
    backend('b5', 'b', { available: false }),
    backend('b6', 'b'),
  ]);
  assert.deepEqual(
    groups.map(({ pool, backends }) => [pool, ...backends.map(({ id }) => id)]),
    [
      ['b', 'b5', 'b4', 'b3', 'b2', 'b1', 'b6'],
      ['a', 'a1'],
    ],
  );
  assert.deepEqual(groups.map(groupText), ['6 backends, 1 down', '1 backend']);
});
