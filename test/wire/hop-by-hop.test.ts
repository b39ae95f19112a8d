import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawClient, rawResponse, startRawBackend, startRawServer } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

test('fields of the client’s connection are not passed on, nor are those that Connection lists', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const hops = ['Keep-Alive', 'Proxy-Connection', 'Proxy-Authorization', 'Upgrade', 'HTTP2-Settings', 'X-Hop', 'X-Too'];
  await new RawClient(traffic.port)
    .send(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: close, X-Hop\r\nconnection: ,x-too ,, \r\n' +
        `${hops.map((name) => `${name}: dropped\r\n`).join('')}X-Stays: 1\r\n\r\n`,
    )
    .closed();
  assert.doesNotMatch(backend.requests[0]!, /dropped/);
  assert.match(backend.requests[0]!, /\r\nX-Stays: 1\r\n/);
});

test('Connection cannot have removed what the gateway states itself, nor what frames and routes', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const names = [
    'Host',
    'Content-Length',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Request-Id',
    'Via',
  ];
  await new RawClient(traffic.port)
    .send(`POST / HTTP/1.1\r\nHost: x\r\nConnection: close, ${names.join(', ')}\r\nContent-Length: 4\r\n\r\nbody`)
    .closed();
  for (const name of names) assert.match(backend.requests[0]!, new RegExp(`^${name}: `, 'im'), name);
});

test('fields of the backend’s connection are not passed on', async (t) => {
  const backend = await startRawBackend(
    rawResponse('ok', '200 OK', [
      'Connection: X-Hop, Content-Length, X-Request-Id',
      'X-Hop: dropped',
      'Keep-Alive: timeout=5, dropped',
      'Proxy-Authenticate: dropped',
      'Proxy-Connection: dropped',
      'Upgrade: dropped',
      'X-Stays: 1',
    ]),
  );
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const answer = await new RawClient(traffic.port)
    .send('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    .closed();
  assert.doesNotMatch(answer, /dropped/);
  for (const name of ['X-Stays', 'Content-Length', 'x-request-id'])
    assert.match(answer, new RegExp(`^${name}: `, 'im'));
});

test('of TE, only trailers is passed on', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  for (const value of ['trailers', 'gzip;q=0.5, Trailers', 'gzip', 'x-trailers']) {
    await new RawClient(traffic.port)
      .send(`GET / HTTP/1.1\r\nHost: x\r\nConnection: TE, close\r\nTE: ${value}\r\n\r\n`)
      .closed();
  }
  const sent = backend.requests.map((request) => /^te: (.*)\r$/im.exec(request)?.[1]);
  assert.deepEqual(sent, ['trailers', 'trailers', undefined, undefined]);
});

test('trailers of a request reach the backend, without those that would frame or authenticate', async (t) => {
  let received = '';
  const backend = await startRawServer((socket) => {
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (/\r\n0\r\n(.+\r\n)*\r\n$/.test(received)) socket.write(rawResponse('ok'));
    });
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(
    'POST / HTTP/1.1\r\nHost: x\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n' +
      '4\r\nbody\r\n0\r\nX-Sum: 42\r\nX-Forwarded-For: 6.6.6.6\r\nAuthorization: Basic eA==\r\n\r\n',
  );
  await client.until('ok');
  client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnext\r\n0\r\n\r\n');
  await client.until((answers) => answers.split('HTTP/1.1 200').length === 3);
  client.destroy();
  const [first, second] = received.split(/(?=POST )/);
  assert.match(first!, /\r\ntrailer: X-Sum\r\n/i);
  assert.ok(first!.endsWith('\r\n4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n'), first);
  assert.ok(second!.endsWith('\r\n4\r\nnext\r\n0\r\n\r\n'), second);
});

test('trailers of an answer reach the client, without those that would frame or authenticate', async (t) => {
  const backend = await startRawBackend(
    'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\nSet-Cookie: a=1\r\n\r\n',
  );
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(
    'GET / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: TE\r\n\r\n',
  );
  const answer = await client.until('\r\n0\r\nX-Sum: 42\r\n\r\n');
  assert.match(answer, /\r\ntrailer: X-Sum\r\n/i);
  assert.doesNotMatch(answer, /Set-Cookie/);
  client.destroy();
  // HTTP/1.0 has neither chunks nor trailers.
  const old = await new RawClient(traffic.port).send('GET / HTTP/1.0\r\n\r\n').closed();
  assert.match(old, /\r\n\r\nok$/);
  assert.doesNotMatch(old, /X-Sum/);
});

test('trailers that are announced and cannot come are not announced to the client', async (t) => {
  const backend = await startRawBackend(rawResponse('ok', '200 OK', ['Trailer: X-Sum']));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const answer = await new RawClient(traffic.port)
    .send('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    .closed();
  assert.match(answer, /\r\n\r\nok$/);
  assert.doesNotMatch(answer, /trailer/i);
});

test("Via is added to the client's, with the version it used", async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  await new RawClient(traffic.port).send('GET / HTTP/1.0\r\nVia: 1.1 a\r\nvia: 1.0 b\r\n\r\n').closed();
  assert.match(backend.requests[0]!, /\r\nvia: 1\.1 a, 1\.0 b, 1\.0 sluice-[0-9a-f]{8}\r\n/);
});
