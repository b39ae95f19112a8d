import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatewayHealthView } from '../../../src/health/api/gateway-health-view.ts';
import { FakeTelemetry } from '../../support/fake-telemetry.ts';

test('a pool whose fallback serves degrades the gateway; one with nothing left makes it unavailable', () => {
  const [backend] = new FakeTelemetry().report().backends;
  const of = (far: boolean) =>
    gatewayHealthView(
      [
        { ...backend!, id: 'a', pool: 'web', state: 'down', stateReason: 'status 500', available: false },
        { ...backend!, id: 'b', pool: 'far', state: 'healthy', available: far, reason: far ? null : 'draining' },
      ],
      [],
      [
        { name: 'web', fallback: { pool: 'empty' } },
        { name: 'empty', fallback: { pool: 'far' } },
        { name: 'far', fallback: null },
      ],
    );
  assert.deepEqual(
    [of(true).status, of(true).reasons[0]],
    ['degraded', 'pool web has no available backend: its fallback serves'],
  );
  assert.deepEqual(
    [of(false).status, of(false).reasons.slice(0, 2)],
    ['unavailable', ['pool web has no available backend', 'pool far has no available backend']],
  );
});
