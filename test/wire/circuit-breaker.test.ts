import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpRequest } from '../support/http-request.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

const NO_RETRY = 'retries: { attempts: 0 }\n';

test('failures in a row open the circuit: no traffic, 503 at once; later a trial closes it again', async (t) => {
  let isUnhealthy = true;
  const backend = await startRawBackend((_request, socket) =>
    socket.write(isUnhealthy ? rawResponse('ill', '503 Ill') : rawResponse('well')),
  );
  t.after(() => backend.close());
  const traffic = await startTraffic(
    poolOf(
      [backend.url],
      `${NO_RETRY}circuit_breaker: { consecutive_failures: 3, open: 100ms, half_open_successes: 2 }\npassive_health: { enabled: false }`,
    ),
  );
  t.after(() => traffic.close());
  const ask = async (): Promise<number> => (await httpRequest(`${traffic.url}/`)).status;

  for (let count = 0; count < 3; count += 1) assert.equal(await ask(), 503);
  assert.equal(backend.requests.length, 3);
  const opened = await traffic.logged((line) => line['msg'] === 'circuit opened');
  assert.equal(opened['backend'], 'b0');
  const refused = await httpRequest(`${traffic.url}/`);
  assert.equal(refused.json()['error'], 'GW_NO_BACKEND');
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  assert.equal(backend.requests.length, 3);

  isUnhealthy = false;
  const { clock, backends } = traffic.tables;
  while (clock.nowMs() < backends.openUntil(0)) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await ask(), 200);
  assert.equal(await ask(), 200);
  assert.equal(await ask(), 200);
  assert.equal(backend.requests.length, 6);
  await traffic.logged((line) => line['msg'] === 'circuit closed');
});

test("answers of the client's own fault and plain 500s do not open it, unless asked for", async (t) => {
  const backend = await startRawBackend((request, socket) =>
    socket.write(rawResponse('no', request.includes('/500') ? '500 Oops' : '404 Not Found')),
  );
  t.after(() => backend.close());
  const breaker = 'consecutive_failures: 3';
  const traffic = await startTraffic(poolOf([backend.url], `${NO_RETRY}circuit_breaker: { ${breaker} }`));
  t.after(() => traffic.close());
  for (let count = 0; count < 6; count += 1) await httpRequest(`${traffic.url}/404`);
  for (let count = 0; count < 6; count += 1) await httpRequest(`${traffic.url}/500`);
  assert.equal(backend.requests.length, 12);

  const strict = await startTraffic(
    poolOf([backend.url], `${NO_RETRY}circuit_breaker: { ${breaker}, count_500: true }`),
  );
  t.after(() => strict.close());
  for (let count = 0; count < 6; count += 1) await httpRequest(`${strict.url}/500`);
  assert.equal(backend.requests.length, 15);
});

test('a disabled circuit never opens', async (t) => {
  const backend = await startRawBackend(rawResponse('ill', '503 Ill'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], `${NO_RETRY}circuit_breaker: { enabled: false }`));
  t.after(() => traffic.close());
  for (let count = 0; count < 30; count += 1) await httpRequest(`${traffic.url}/`);
  assert.equal(backend.requests.length, 30);
});

test('gateway errors in a row are reported for passive ejection', async (t) => {
  const backend = await startRawBackend(rawResponse('ill', '503 Ill'));
  t.after(() => backend.close());
  const traffic = await startTraffic(
    poolOf([backend.url], `${NO_RETRY}circuit_breaker: { enabled: false }\npassive_health: { consecutive_errors: 4 }`),
  );
  t.after(() => traffic.close());
  for (let count = 0; count < 7; count += 1) await httpRequest(`${traffic.url}/`);
  assert.deepEqual(
    traffic.messages.filter((message) => message.type === 'passive_errors'),
    [{ type: 'passive_errors', backendId: 'b0' }],
  );
});
