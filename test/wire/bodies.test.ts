import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

test('a compressed body passes untouched both ways, and so do its fields', async (t) => {
  const zipped = gzipSync(randomBytes(2000));
  const server = createServer((request, response) => {
    const hash = createHash('sha256');
    request.on('data', (chunk: Buffer) => hash.update(chunk));
    request.on('end', () => {
      response.writeHead(200, {
        'content-encoding': 'gzip',
        'content-length': zipped.length,
        'x-got': `${request.headers['content-encoding']} ${hash.digest('hex')}`,
      });
      response.end(zipped);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const traffic = await startTraffic(poolOf([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(
    `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n`,
  );
  client.send(zipped);
  const answer = await client.closed();
  const end = answer.indexOf('\r\n\r\n') + 4;
  assert.match(answer, /\r\ncontent-encoding: gzip\r\n/i);
  assert.match(answer, new RegExp(`\\r\\nx-got: gzip ${createHash('sha256').update(zipped).digest('hex')}\\r\\n`));
  assert.ok(Buffer.from(answer.slice(end), 'latin1').equals(zipped));
});

for (const [claim, bytes, expected] of [
  [
    'a POST of Content-Length 0 says so',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
    /^content-length: 0\r$/im,
  ],
  ['a GET with a body keeps it', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody', /\r\n\r\nbody$/],
  ['a DELETE with a body keeps it', 'DELETE / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody', /\r\n\r\nbody$/],
  [
    'a length with zeros in front is that length',
    'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 004\r\n\r\nbody',
    /^content-length: 4\r\n.*\r\nbody$|^content-length: 4\r\n\r\nbody$/ims,
  ],
] as const) {
  test(claim, async (t) => {
    const backend = await startRawBackend(rawResponse('ok'));
    t.after(() => backend.close());
    const traffic = await startTraffic(poolOf([backend.url]));
    t.after(() => traffic.close());
    const client = new RawClient(traffic.port).send(bytes);
    await client.until('\r\n\r\nok');
    client.destroy();
    assert.match(backend.requests[0]!, expected);
    assert.equal(backend.requests[0]!.match(/^(content-length|transfer-encoding):/gim)!.length, 1);
  });
}

test('several Set-Cookie stay several, duplicates and their order are kept, whatever their case', async (t) => {
  const fields = [
    'Set-Cookie: a=1',
    'X-A: 1',
    'SET-COOKIE: b=2; Path=/',
    'x-a: 2',
    'set-cookie: a=1',
    'Vary: a',
    'Vary: b',
  ];
  const backend = await startRawBackend(rawResponse('ok', '200 OK', fields));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const sent = ['Cookie: a=1', 'X-B: 1', 'cookie: b=2', 'x-b: 2', 'Accept: a', 'Accept: b'];
  const answer = await new RawClient(traffic.port)
    .send(`GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${sent.join('\r\n')}\r\n\r\n`)
    .closed();
  assert.ok(answer.includes(`\r\n${fields.join('\r\n')}\r\n`), answer);
  assert.ok(backend.requests[0]!.includes(`\r\n${sent.join('\r\n')}\r\n`), backend.requests[0]);
});
