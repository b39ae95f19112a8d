/** A request that comes back through others ends, plain or an upgrade; gateways in front of one another are no loop. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { httpRequest } from '../support/http-request.ts';
import { freePort } from '../support/free-port.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';

/** Its backend forwards to it. */
async function startLoop(t: TestContext): Promise<Traffic> {
  const port = await freePort();
  const proxy = await startTcpProxy(port);
  t.after(() => proxy.close());
  const traffic = await startTraffic(poolOf([`http://127.0.0.1:${proxy.port}`]), port);
  t.after(() => traffic.close());
  return traffic;
}

test('a loop is answered 508 after three passes', async (t) => {
  const traffic = await startLoop(t);
  const { status, body } = await httpRequest(`${traffic.url}/`);
  assert.equal(status, 508);
  assert.equal((JSON.parse(body) as { error: string }).error, 'GW_LOOP');
  await traffic.logged(({ error, tries }) => error === 'GW_LOOP' && tries === 0);
  assert.equal(traffic.log.filter(({ msg, tries }) => msg === 'request' && tries === 1).length, 3);
});

test('an upgrade that comes back is answered 508, too', async (t) => {
  const traffic = await startLoop(t);
  const client = new RawClient(traffic.port);
  t.after(() => client.destroy());
  client.send('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  assert.match(await client.until('GW_LOOP'), /^HTTP\/1\.1 508 /);
});

test('one gateway in front of another is no loop', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  let { url } = backend;
  for (let count = 0; count < 4; count += 1) {
    const traffic = await startTraffic(poolOf([url]));
    t.after(() => traffic.close());
    ({ url } = traffic);
  }
  assert.equal((await httpRequest(`${url}/`)).status, 200);
  assert.match(
    backend.requests[0]!,
    /\r\nvia: 1\.1 sluice-\w+, 1\.1 sluice-\w+, 1\.1 sluice-\w+, 1\.1 sluice-\w+\r\n/i,
  );
});
