import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminServer } from '../support/admin-server.ts';

test('R79: /metrics/ws sends the backends as an array at once', async (t) => {
  const url = await adminServer(t);
  const socket = new WebSocket(`${url.replace('http', 'ws')}/metrics/ws`);
  t.after(() => socket.close());
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.addEventListener('message', ({ data }) => resolve(String(data)));
  const backends = JSON.parse(await promise) as Record<string, unknown>[];
  assert.equal(backends.length, 3);
  const keys = ['id', 'url', 'alive', 'ema_ms', 'error_rate', 'last_checked', 'enabled', 'weight', 'connections'];
  assert.deepEqual(Object.keys(backends[0]!), keys);
});
