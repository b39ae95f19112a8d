import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nlink: </b.js>\r\nKeep-Alive: x\r\n\r\n';

test('103 Early Hints reach an HTTP/1.1 client at once, and not an HTTP/1.0 client', async (t) => {
  let finish: (() => void) | undefined;
  const backend = await startRawBackend((_request, socket) => {
    socket.write(HINTS + HINTS);
    finish = (): void => void socket.write(rawResponse('ok'));
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());

  const client = new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nlink: </b.js>\r\n\r\n';
  assert.equal(await client.until(hints + hints), hints + hints);
  finish!();
  assert.match(await client.until('ok'), /\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  client.destroy();

  const old = new RawClient(traffic.port).send('GET / HTTP/1.0\r\n\r\n');
  while (backend.requests.length < 2) await new Promise(setImmediate);
  finish!();
  assert.match(await old.closed(), /^HTTP\/1\.1 200 OK\r\n/);
});

test('unsolicited 100 Continue and 102 Processing are skipped', async (t) => {
  for (const interim of ['100 Continue', '102 Processing']) {
    const backend = await startRawBackend(`HTTP/1.1 ${interim}\r\n\r\n${rawResponse('ok')}`);
    t.after(() => backend.close());
    const traffic = await startTraffic(poolOf([backend.url]));
    t.after(() => traffic.close());
    for (let count = 0; count < 3; count += 1) {
      const answer = await httpRequest(`${traffic.url}/`, { method: 'POST', body: 'x' });
      assert.equal(answer.status, 200, interim);
    }
    assert.equal(backend.sockets.length, 1);
  }
});

test('a body that waits for 100 Continue gets it, small or large', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  for (const size of [4, 100_000]) {
    const client = new RawClient(traffic.port).send(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\nExpect: 100-Continue\r\n\r\n`,
    );
    await client.until('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('x'.repeat(size));
    await client.until('HTTP/1.1 200 OK');
    client.destroy();
    assert.doesNotMatch(backend.requests.at(-1)!, /^expect:/im);
  }
});

test('a request that is refused is not asked to send its body', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(
    poolOf([backend.url], 'routes: [{ pool: default, path_prefix: /a, max_body_bytes: 1000 }]'),
  );
  t.after(() => traffic.close());
  for (const [target, status] of [
    ['/', 404],
    ['/a', 413],
  ] as const) {
    const client = new RawClient(traffic.port).send(
      `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n`,
    );
    const answer = await client.closed();
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer);
    assert.match(answer, /\r\nconnection: close\r\n/i);
  }
});

test('HTTP/1.0 knows no expectations: the body is taken as it comes', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const answer = await new RawClient(traffic.port)
    .send('POST / HTTP/1.0\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody')
    .closed();
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
});

test('an unknown expectation is 417', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const answer = await new RawClient(traffic.port)
    .send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 200-ok\r\n\r\nbody')
    .closed();
  assert.match(answer, /^HTTP\/1\.1 417 /);
  assert.match(answer, /"error":"GW_EXPECTATION_FAILED"/);
  assert.equal(backend.requests.length, 0);
});
