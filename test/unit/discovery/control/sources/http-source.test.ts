import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createRawServer, type AddressInfo, type Server } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { HttpDiscoverSettings } from '../../../../../src/config/settings.ts';
import { createHttpSource } from '../../../../../src/discovery/control/sources/http-source.ts';
import { SourceWorld } from '../../../../support/source-world.ts';
import { selfSigned } from '../../../../support/self-signed.ts';

const LIST = { members: [{ address: '192.0.2.1', port: 80 }] };

async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

function start(t: TestContext, port: number, more: Partial<HttpDiscoverSettings> = {}): SourceWorld {
  const world = new SourceWorld();
  const settings = {
    url: `http://127.0.0.1:${port}/web.json?tag=a`,
    headers: {},
    intervalMs: 5000,
    timeoutMs: 10_000,
    caFile: null,
    caPem: null,
    ...more,
  };
  const lookup = () => assert.fail('no name to look up');
  world.start(t, createHttpSource(settings, { scheme: 'http', lookup }, world.ports));
  return world;
}

/** What the source makes of these bytes. */
async function answerTo(t: TestContext, reply: string | Buffer, more: Partial<HttpDiscoverSettings> = {}) {
  const port = await listen(
    t,
    createRawServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(reply));
    }),
  );
  const world = start(t, port, more);
  await world.answered(1);
  return world;
}

function json(value: unknown, head = 'HTTP/1.1 200 OK'): string {
  const body = typeof value === 'string' ? value : JSON.stringify(value);
  return `${head}\r\nConnection: close\r\n\r\n${body}`;
}

test('the list is asked for at once and every interval, with the configured headers', async (t) => {
  const requests: IncomingMessage[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    requests.push(request);
    response.end(JSON.stringify({ members: [{ address: '192.0.2.1', port: 80 + requests.length }] }));
  });
  const world = start(t, await listen(t, server), { headers: { authorization: 'Bearer secret' } });
  await world.answered(1);
  await world.pass(5000);
  await world.answered(2);
  assert.deepEqual(world.listed, ['192.0.2.1:82']);
  assert.deepEqual(
    requests.map(({ method, url, headers }) => [method, url, headers.authorization, headers.accept]),
    [1, 2].map(() => ['GET', '/web.json?tag=a', 'Bearer secret', 'application/json']),
  );
});

test('an unchanged list is not sent again: its validators come back, and 304 confirms it', async (t) => {
  const asked: unknown[] = [];
  let tag = '"a"';
  const server = createServer(({ headers }, response) => {
    asked.push([headers['if-none-match'], headers['if-modified-since']]);
    if (headers['if-none-match'] === tag) return response.writeHead(304).end();
    return response
      .setHeader('etag', tag)
      .setHeader('last-modified', 'Tue, 01 Dec 2026 09:00:00 GMT')
      .end(JSON.stringify([{ address: '192.0.2.1', port: tag === '"a"' ? 1 : 2 }]));
  });
  const world = start(t, await listen(t, server));
  const seen: unknown[] = [];
  for (const count of [1, 2, 3]) {
    await world.answered(count);
    seen.push(world.listed);
    if (count === 2) tag = '"b"';
    await world.pass(5000);
  }
  await world.answered(4);
  assert.deepEqual(seen, [['192.0.2.1:1'], ['192.0.2.1:1'], ['192.0.2.1:2']]);
  const modified = 'Tue, 01 Dec 2026 09:00:00 GMT';
  assert.deepEqual(asked, [
    [undefined, undefined],
    ['"a"', modified],
    ['"a"', modified],
    ['"b"', modified],
  ]);
});

for (const [what, reply, reason] of [
  ['a server error', json(LIST, 'HTTP/1.1 500 Oops'), 'it answered 500'],
  ['no list there', json(LIST, 'HTTP/1.1 404 Not Found'), 'it answered 404'],
  ['304 to a request without conditions', 'HTTP/1.1 304 Not Modified\r\n\r\n', 'it answered 304'],
  [
    'a redirect',
    json(LIST, 'HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/'),
    'it answered 302; redirects are not followed',
  ],
  ['truncated JSON', json('{"members": [{"address": "192.0.2.1", "po'), 'its answer is not JSON'],
  ['an empty body', json(''), 'its answer is not JSON'],
  [
    'another value',
    json({ error: 'no such service' }),
    'its answer is neither a list nor a mapping with the list members',
  ],
  ['garbage', '\0\x01\x02 garbage \r\n\r\n', 'it does not speak HTTP'],
  ['a body that ends early', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[]', 'its answer was cut off'],
  ['an upgrade', 'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', 'it answered 101'],
  ['no answer', '', 'connection reset'],
  [
    'a head that does not end',
    `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n[]`,
    'the head of its answer is too large',
  ],
  ['a huge body', json(`[${' '.repeat(1024 * 1024)}]`), 'its answer is larger than 1048576 bytes'],
  [
    'entries of another format only',
    json([{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }]),
    'no member of its list is valid: entry 1: unknown key "ip"; allowed: url, address, port, weight, backup, draining, enabled, region, zone, uid',
  ],
] as const) {
  test(`${what} is a failure: ${reason.slice(0, 60)}`, async (t) => {
    const world = await answerTo(t, reply);
    assert.deepEqual(world.last, { kind: 'failed', reason });
  });
}

test('a server that nothing comes from, or too slowly, fails after the timeout', async (t) => {
  const dripping = createRawServer((socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 200 OK\r\n\r\n[');
    const timer = setInterval(() => socket.write(' '), 5);
    socket.on('close', () => clearInterval(timer));
  });
  const world = start(t, await listen(t, dripping), { timeoutMs: 100 });
  await world.answered(1);
  assert.deepEqual(world.last, { kind: 'failed', reason: 'no answer within 100 ms' });
});

test('a port that nothing listens on is a failure, and the source goes on asking', async (t) => {
  const server = createServer((_, response) => response.end(JSON.stringify(LIST)));
  const port = await listen(t, server);
  server.close();
  const world = start(t, port);
  await world.answered(1);
  assert.deepEqual(world.last, { kind: 'failed', reason: 'connection refused' });
  await world.pass(500);
  await world.answered(2);
  assert.equal(world.waits[0], 1000);
});

test('bad entries are refused by name, and the others stay', async (t) => {
  const members = [
    { address: '192.0.2.1', port: 80, weight: 7, backup: true, draining: true, region: null, zone: 'a', uid: 'x' },
    { url: 'http://[2001:db8::1]:80' },
    '[2001:db8::2]:81',
    'Web.Shop.internal:82',
    { targets: ['192.0.2.2:83', '192.0.2.3'], labels: { job: 'web' } },
    { address: '192.0.2.4', port: 80, enabled: false },
    '192.0.2.4:0',
    { address: '192.0.2.4', port: 80, weight: 1001 },
    null,
  ];
  const world = await answerTo(t, json({ members }));
  assert.ok(world.last?.kind === 'list');
  assert.deepEqual(
    world.last.members.map(({ address, port }) => [address, port]),
    [
      ['192.0.2.1', 80],
      ['2001:db8::1', 80],
      ['2001:db8::2', 81],
      ['web.shop.internal', 82],
      ['192.0.2.2', 83],
    ],
  );
  assert.deepEqual(world.last.members[0], members[0]);
  assert.deepEqual(world.last.refused, [
    'entry 6: port: found nothing; allowed: an integer from 1 to 65535',
    'entry 8: port: found 0; allowed: an integer from 1 to 65535',
    'entry 9: weight: found 1001; allowed: an integer from 1 to 1000',
    'entry 10: not a mapping',
  ]);
});

test('an empty list is an answer, of a source that may be wrong about it', async (t) => {
  const world = await answerTo(t, json([]));
  assert.deepEqual(world.last, { kind: 'list', members: [], refused: [] });
});

test('a certificate is verified against the configured authorities', async (t) => {
  const { cert, key } = selfSigned;
  const server = createSecureServer({ cert, key }, (_, response) => response.end(JSON.stringify(LIST)));
  const port = await listen(t, server);
  const url = `https://127.0.0.1:${port}/`;
  const trusting = start(t, port, { url, caPem: cert });
  await trusting.answered(1);
  assert.deepEqual(trusting.listed, ['192.0.2.1:80']);
  const wary = start(t, port, { url });
  await wary.answered(1);
  assert.deepEqual(wary.listed, 'self-signed certificate');
});
