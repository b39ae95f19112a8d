import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHeldBackend } from '../../support/held-backend.ts';
import { RawClient } from '../../support/raw-socket.ts';
import { startTraffic } from '../../support/traffic.ts';

test('while a pool is nearly full, requests of lower priority are refused, and those of higher ones served', async (t) => {
  const backend = await startHeldBackend();
  t.after(() => backend.close());
  const traffic = await startTraffic(`
server: { shedding: { enabled: true, pool_fill: 0.4 } }
pools: { default: { max_in_flight: 2, backends: [{ url: "${backend.url}" }] } }
routes:
  - { path_prefix: /batch, pool: default, priority: 0 }
  - { path_prefix: /pay, pool: default, priority: critical }
  - { path_prefix: /, pool: default }`);
  t.after(() => traffic.close());
  const ask = (path: string): RawClient => {
    const client = new RawClient(traffic.port).send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    t.after(() => client.destroy());
    return client;
  };
  ask('/batch');
  await backend.asked(1);
  const refused = await ask('/batch').until('}');
  assert.match(refused, /^HTTP\/1\.1 503 [^]*"error":"GW_OVERLOADED"/);
  assert.match(refused, /\r\nretry-after: [1-4]\r\n/i);
  ask('/pay');
  await backend.asked(2);
  // Full: only the highest priority gets as far as the pool, which has its own answer.
  assert.match(await ask('/').until('}'), /"error":"GW_OVERLOADED"/);
  assert.match(await ask('/pay').until('}'), /"error":"GW_POOL_FULL"/);
  backend.answer();
  backend.answer();
  assert.equal(traffic.tables.metrics.laterRefusals().shedding, 2);
});
