import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeTone } from '../../../dashboard/src/views/events/change-tone.ts';

for (const [kind, to, tone] of [
  ['availability', 'available', 'info'],
  ['availability', 'ejected', 'error'],
  ['availability', 'unhealthy', 'error'],
  ['availability', 'circuit_open', 'error'],
  ['availability', 'draining', 'warn'],
  ['availability', 'disabled', 'warn'],
  ['health', 'up', 'info'],
  ['health', 'down', 'error'],
  ['circuit', 'closed', 'info'],
  ['circuit', 'half-open', 'warn'],
  ['circuit', 'forced-open', 'error'],
  ['state', 'healthy', 'info'],
  ['state', 'degraded', 'warn'],
  ['state', 'down', 'error'],
  ['weight', '5', 'info'],
] as const) {
  test(`${kind} → ${to} looks like ${tone}`, () => assert.equal(changeTone({ kind, to }), tone));
}
