/** A backend may close an idle connection just when the gateway writes the next request to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

/** Answers the first request of each connection and closes when the second comes. */
function answersOnce(ends: 'end' | 'resetAndDestroy'): ReturnType<typeof startRawBackend> {
  const seen = new WeakSet<object>();
  return startRawBackend((_request, socket) => {
    if (seen.has(socket)) socket[ends]();
    else socket.write(rawResponse('ok'));
    seen.add(socket);
  });
}

for (const ends of ['end', 'resetAndDestroy'] as const) {
  test(`a GET is tried again over a new connection, though there is no other backend (${ends})`, async (t) => {
    const backend = await answersOnce(ends);
    t.after(() => backend.close());
    const traffic = await startTraffic(poolOf([backend.url]));
    t.after(() => traffic.close());
    for (let count = 0; count < 4; count += 1) assert.equal((await httpRequest(`${traffic.url}/`)).status, 200);
    assert.ok(backend.sockets.length >= 2);
  });

  test(`a POST is 502: it may have been carried out (${ends})`, async (t) => {
    const backend = await answersOnce(ends);
    t.after(() => backend.close());
    const traffic = await startTraffic(poolOf([backend.url]));
    t.after(() => traffic.close());
    const post = async (): Promise<number> =>
      (await httpRequest(`${traffic.url}/`, { method: 'POST', body: 'once' })).status;
    assert.equal(await post(), 200);
    assert.equal(await post(), 502);
    assert.equal(backend.requests.length, 2);
    assert.equal(traffic.tables.backends.failures(0), 1);
  });
}

test('a connection that was closed while it was idle is not used: not even a POST notices', async (t) => {
  const backend = await startRawBackend((_request, socket) => {
    socket.write(rawResponse('ok'), () => setImmediate(() => socket.end()));
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  for (let count = 0; count < 5; count += 1) {
    const { status } = await httpRequest(`${traffic.url}/`, { method: 'POST', body: 'once' });
    assert.equal(status, 200);
    await eventually('it is closed', () => backend.sockets.every((socket) => socket.writableFinished));
  }
});

test('a fresh connection that fails is no such race: one backend, one attempt', async (t) => {
  const backend = await startRawBackend((_request, socket) => socket.resetAndDestroy());
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  assert.equal((await httpRequest(`${traffic.url}/`)).status, 502);
  assert.equal(backend.requests.length, 1);
});
