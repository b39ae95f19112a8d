import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startEchoBackend } from '../../support/echo-backend.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { startHeldBackend } from '../../support/held-backend.ts';
import { RawClient, rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { startTraffic, type Traffic } from '../../support/traffic.ts';

async function start(t: TestContext, shadowUrl: string, mirror = '', shadow = '', url = '') {
  const backend = await startRawBackend(rawResponse('original'));
  t.after(() => backend.close());
  const traffic = await startTraffic(`
pools:
  web: { retries: { max_replay_bytes: 50000 }, backends: [{ url: "${url === '' ? backend.url : url}" }] }
  shadow: { backends: [{ url: "${shadowUrl}", id: shadow }] ${shadow} }
routes: [{ name: api, path_prefix: /api, strip_prefix: true, pool: web, mirror: { pool: shadow ${mirror} } }]`);
  t.after(() => traffic.close());
  const ask = (line: string, fields: readonly string[] = [], body = ''): Promise<string> =>
    new RawClient(traffic.port)
      .send([`${line} HTTP/1.1`, 'Host: shop.test', ...fields, 'Connection: close', '', ''].join('\r\n') + body)
      .closed();
  return { ...traffic, backend, ask };
}

const counted = ({ tables }: Pick<Traffic, 'tables'>, result: 'answered' | 'failed' | 'dropped'): number =>
  tables.metrics.mirrored()[result];

test('a copy of a request goes to the other pool, and its answer to nobody', async (t) => {
  const shadow = await startRawBackend(rawResponse('shadow', '500 Broken'));
  t.after(() => shadow.close());
  const world = await start(t, `${shadow.url}/base`);
  const answer = await world.ask('GET /api/a?b=c', ['X-Sluice-Mirror: forged', 'X-Own: 1']);
  assert.match(answer, /^HTTP\/1\.1 200 [^]*original$/);
  await eventually('it is answered', () => counted(world, 'answered') === 1);
  assert.equal(shadow.requests.length, 1);
  assert.match(shadow.requests[0]!, /^GET \/base\/a\?b=c HTTP\/1\.1\r\n[^]*host: shop\.test\r\n/i);
  assert.match(shadow.requests[0]!, /\r\nx-own: 1\r\n/i);
  assert.match(shadow.requests[0]!, /\r\nx-sluice-mirror: 1\r\n/i);
  assert.doesNotMatch(shadow.requests[0]!, /forged/);
  assert.doesNotMatch(world.backend.requests[0]!, /x-sluice-mirror: 1/i);
  // Neither the route's figures nor its limits have it twice.
  assert.equal(world.tables.metrics.route(world.snapshot.routes[0]!.index).requests, 1);
});

test('a backend that hangs holds as many copies as are allowed, and no request', async (t) => {
  const shadow = await startHeldBackend();
  t.after(() => shadow.close());
  const world = await start(t, shadow.url, ', max_in_flight: 3, timeout: 24h');
  for (let at = 0; at < 12; at += 1) assert.match(await world.ask(`GET /api/${at}`), /^HTTP\/1\.1 200 /);
  await shadow.asked(3);
  assert.deepEqual([counted(world, 'dropped'), shadow.peak, shadow.running], [9, 3, 3]);
  shadow.answer();
  await eventually('one is answered', () => counted(world, 'answered') === 1);
  await world.ask('GET /api/again');
  await shadow.asked(4);
  assert.equal(shadow.running, 3);
});

test('a copy that takes too long is given up, and counts for the other pool’s circuit', async (t) => {
  const shadow = await startHeldBackend();
  t.after(() => shadow.close());
  const world = await start(
    t,
    shadow.url,
    ', timeout: 20ms',
    ', circuit_breaker: { consecutive_failures: 1 }, retries: { attempts: 0 }',
  );
  await world.ask('GET /api');
  await eventually('it is given up', () => counted(world, 'failed') === 1);
  await eventually('its connection is closed', () => shadow.running === 0);
  await world.ask('GET /api');
  assert.deepEqual([counted(world, 'dropped'), shadow.requests.length], [1, 1], 'the circuit is open');
});

test('a pool that cannot be reached fails no request', async (t) => {
  const world = await start(t, `http://127.0.0.1:${await freePort()}`);
  assert.match(await world.ask('GET /api'), /^HTTP\/1\.1 200 [^]*original$/);
  await eventually('the copy failed', () => counted(world, 'failed') === 1);
});

/** A backend that answers when all of a request has arrived, and what has arrived of its bodies until now. */
async function startListener(t: TestContext) {
  let received = '';
  const wake: (() => void)[] = [];
  const server = createServer((request, response) => {
    request.on('data', (piece: Buffer) => {
      received += piece.toString();
      for (const resolve of wake.splice(0)) resolve();
    });
    request.on('end', () => response.end('original'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    until: async (bytes: string) => {
      while (!received.endsWith(bytes)) await new Promise<void>((resolve) => wake.push(resolve));
    },
  };
}

const CHUNKED = ['POST /api HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', 'Trailer: x-sum', '', ''].join('\r\n');

test('a body in chunks is copied as it passes, and sent when all of it has', async (t) => {
  const shadow = await startEchoBackend();
  t.after(() => shadow.close());
  const original = await startListener(t);
  const world = await start(t, shadow.url, ', methods: [POST]', '', original.url);
  const client = new RawClient(world.port).send(`${CHUNKED}4\r\nhalf\r\n`);
  await original.until('half');
  assert.equal(shadow.seen.length, 0);
  client.send('5\r\n more\r\n0\r\nx-sum: 1\r\n\r\n');
  await client.until('original');
  await eventually('it is answered', () => counted(world, 'answered') === 1);
  const [copy] = shadow.seen;
  assert.deepEqual([copy!.body, copy!.headers['content-length'], copy!.headers.trailer], ['half more', '9', undefined]);
  assert.equal(copy!.headers['transfer-encoding'], undefined);
});

test('a body that grows beyond the bound loses its copy, and nothing of the original', async (t) => {
  const shadow = await startEchoBackend();
  t.after(() => shadow.close());
  const original = await startListener(t);
  const world = await start(t, shadow.url, ', methods: [POST], max_body_bytes: 8', '', original.url);
  const client = new RawClient(world.port).send(`${CHUNKED}4\r\nhalf\r\n`);
  await original.until('half');
  client.send('5\r\n more\r\n');
  await original.until('half more');
  assert.equal(counted(world, 'dropped'), 1);
  client.send('0\r\n\r\n');
  await client.until('original');
  assert.deepEqual([world.tables.metrics.mirrored(), shadow.seen.length], [{ answered: 0, failed: 0, dropped: 1 }, 0]);
});

test('a body that is still coming takes the place of a copy, until its client leaves', async (t) => {
  const shadow = await startEchoBackend();
  t.after(() => shadow.close());
  const original = await startListener(t);
  const world = await start(t, shadow.url, ', methods: [POST], max_in_flight: 1', '', original.url);
  const client = new RawClient(world.port).send(`${CHUNKED}4\r\nhalf\r\n`);
  await original.until('half');
  await world.ask('POST /api', ['Content-Length: 1'], 'a');
  assert.equal(counted(world, 'dropped'), 1);
  client.destroy();
  await eventually('its place is free', () => counted(world, 'dropped') === 2);
  await world.ask('POST /api', ['Content-Length: 1'], 'b');
  await eventually('a copy is answered', () => counted(world, 'answered') === 1);
  assert.deepEqual(
    shadow.seen.map(({ body }) => body),
    ['b'],
  );
});

test('a body that is too large to be sent again may be small enough for a copy', async (t) => {
  const shadow = await startEchoBackend();
  t.after(() => shadow.close());
  const original = await startListener(t);
  const world = await start(t, shadow.url, ', methods: [POST]', '', original.url);
  const body = 'x'.repeat(60_000);
  await world.ask('POST /api', [`Content-Length: ${body.length}`], body);
  await eventually('it is answered', () => counted(world, 'answered') === 1);
  assert.equal(shadow.seen[0]!.body, body);
});

test('only bodies that are small enough are copied, and only of methods that are asked for', async (t) => {
  const shadow = await startRawBackend(rawResponse('shadow'));
  t.after(() => shadow.close());
  const world = await start(t, shadow.url, ', methods: [POST], max_body_bytes: 4');
  await world.ask('GET /api');
  assert.match(await world.ask('POST /api', ['Content-Length: 4'], 'four'), /^HTTP\/1\.1 200 /);
  await eventually('it is answered', () => counted(world, 'answered') === 1);
  assert.match(shadow.requests[0]!, /^POST [^]*\r\n\r\nfour$/);
  assert.match(await world.ask('POST /api', ['Content-Length: 5'], 'fives'), /^HTTP\/1\.1 200 /);
  assert.deepEqual([counted(world, 'dropped'), shadow.requests.length], [1, 1]);
});

test('none of a sample of 0 is copied', async (t) => {
  const shadow = await startRawBackend(rawResponse('shadow'));
  t.after(() => shadow.close());
  const world = await start(t, shadow.url, ', sample: 0');
  await world.ask('GET /api');
  assert.deepEqual(world.tables.metrics.mirrored(), { answered: 0, failed: 0, dropped: 0 });
});
