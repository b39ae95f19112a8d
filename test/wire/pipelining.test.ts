import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

test('requests that come at once are answered in order, each exactly once', async (t) => {
  const waiting: (() => void)[] = [];
  const backend = await startRawBackend((request, socket) => {
    waiting.push(() => void socket.write(rawResponse(`<${request.split(' ', 2)[1]!}>`)));
    // The last is answered first.
    if (waiting.length === 5) for (const answer of waiting.splice(0).toReversed()) answer();
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const paths = ['/0', '/1', '/2', '/3', '/4'];
  const client = new RawClient(traffic.port).send(paths.map(get).join(''));
  const answer = await client.until('</4>');
  assert.deepEqual(
    answer.match(/<[^>]+>/g),
    paths.map((path) => `<${path}>`),
  );
  assert.equal(backend.requests.length, 5);
  client.destroy();
});

test('a malformed request behind good ones is refused when those have their answers', async (t) => {
  let last: Socket | undefined;
  const backend = await startRawBackend((_request, socket) => {
    last = socket;
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  for (const bad of ['GET / HTTP/1.1\r\nHost : x\r\n\r\n', 'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n']) {
    last = undefined;
    const client = new RawClient(traffic.port).send(get('/good') + bad + get('/behind'));
    await eventually('the good one is there', () => last !== undefined);
    last!.write(rawResponse('good'));
    const answer = await client.closed();
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\ngoodHTTP\/1\.1 400 /s);
    assert.equal(answer.match(/HTTP\/1\.1 \d/g)!.length, 2);
  }
  assert.doesNotMatch(backend.requests.join(''), /behind/);
});

test('a client that leaves takes all its requests along, those whose turn had not come too', async (t) => {
  const backend = await startRawBackend(() => undefined);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(get('/0') + get('/1') + get('/2'));
  await eventually('all are under way', () => traffic.tables.backends.inFlight(0) === 3);
  client.destroy();
  await eventually('none is', () => traffic.tables.backends.inFlight(0) === 0);
  await eventually('all are logged', () => traffic.log.filter(({ msg }) => msg === 'request').length === 3);
  assert.ok(backend.sockets.every((socket) => socket.destroyed) || (await closedAll(backend.sockets)));
});

async function closedAll(sockets: readonly Socket[]): Promise<boolean> {
  await eventually('their connections are closed', () => sockets.every((socket) => socket.destroyed));
  return true;
}
