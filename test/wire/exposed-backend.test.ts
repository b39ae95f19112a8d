import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opaqueId } from '../../src/net/opaque-id.ts';
import { httpRequest } from '../support/http-request.ts';
import { poolYaml } from '../support/pool-yaml.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { startTraffic } from '../support/traffic.ts';
import { echo, startUpgradeBackend, upgradeRequest } from '../support/upgrade-backend.ts';

const FIELDS = ['X-SLUICE-Backend: spoofed', 'x-other: 1', 'x-sluice-backend: spoofed'];

test('an answer names its backend by an opaque id, which a backend cannot give itself', async (t) => {
  const backends = await Promise.all([0, 1].map((id) => startRawBackend(rawResponse(`b${id}`, '200 OK', FIELDS))));
  t.after(() => Promise.all(backends.map((backend) => backend.close())));
  const traffic = await startTraffic(poolYaml(backends, ['algorithm: round-robin', 'expose_backend: true']));
  t.after(() => traffic.close());
  for (let count = 0; count < 4; count += 1) {
    const { body, headers, rawHeaders } = await httpRequest(traffic.url);
    assert.equal(headers['x-sluice-backend'], opaqueId(traffic.tables.stickySecret, body));
    assert.equal(rawHeaders.filter((name) => name.toLowerCase() === 'x-sluice-backend').length, 1);
    assert.equal(headers['x-other'], '1');
    assert.equal(headers['set-cookie'], undefined);
  }
});

test('without the option, the field is passed through from the backend', async (t) => {
  const backend = await startRawBackend(rawResponse('b0', '200 OK', ['x-sluice-backend: its own']));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolYaml([backend]));
  t.after(() => traffic.close());
  assert.equal((await httpRequest(traffic.url)).headers['x-sluice-backend'], 'its own');
});

test('an upgrade names its backend too', async (t) => {
  const backend = await startUpgradeBackend(echo);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolYaml([backend], ['expose_backend: true']));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(upgradeRequest());
  t.after(() => client.destroy());
  const id = opaqueId(traffic.tables.stickySecret, 'b0');
  assert.ok((await client.until('\r\n\r\n')).toLowerCase().includes(`\r\nx-sluice-backend: ${id.toLowerCase()}\r\n`));
});
