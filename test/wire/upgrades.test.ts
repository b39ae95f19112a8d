import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:tls';
import type { AddressInfo, Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend, startRawServer } from '../support/raw-socket.ts';
import { selfSigned } from '../support/self-signed.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';
import {
  echo,
  startUpgradeBackend,
  SWITCHED,
  upgradeRequest,
  type UpgradeBackend,
} from '../support/upgrade-backend.ts';

interface Pair {
  readonly backend: UpgradeBackend;
  readonly traffic: Traffic;
}

async function start(
  t: TestContext,
  serve: Parameters<typeof startUpgradeBackend>[0] = echo,
  yaml = '',
): Promise<Pair> {
  const backend = await startUpgradeBackend(serve);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], yaml));
  t.after(() => traffic.close());
  return { backend, traffic };
}

function dial(t: TestContext, traffic: Traffic): RawClient {
  const client = new RawClient(traffic.port);
  t.after(() => client.destroy());
  return client;
}

const isIdle = ({ tables, snapshot }: Traffic): boolean =>
  tables.backends.inFlight(0) === 0 && tables.metrics.route(snapshot.routes[0]!.index).inFlight === 0;

test('an upgrade opens a tunnel: bytes pass both ways as they are', async (t) => {
  const { traffic } = await start(t);
  const client = dial(t, traffic).send(upgradeRequest());
  const answer = await client.until('\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assert.match(answer, /\r\nconnection: Upgrade\r\n/i);
  assert.match(answer, /\r\nupgrade: raw\r\n/i);
  assert.match(answer, /\r\nx-request-id: \S+\r\n/);
  const every = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
  client.send(every);
  const received = await client.until((text) => text.length >= answer.length + 256);
  assert.deepEqual(Buffer.from(received.slice(-256), 'latin1'), every);
});

test('the backend gets the fields of any request, and those of the upgrade', async (t) => {
  const { backend, traffic } = await start(t, echo, 'server: { trust_proxy: [127.0.0.0/8] }');
  const fields = [
    'X-Own: 1',
    'X-Hop: 2',
    'Connection: X-Hop',
    'Keep-Alive: timeout=5',
    'Proxy-Authorization: secret',
    'X-Forwarded-For: 192.0.2.7',
    'X-Request-ID: abc',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  ];
  await dial(t, traffic).send(upgradeRequest('/chat?room=1', fields)).until('101');
  const lines = backend.heads[0]!.trimEnd().split('\r\n');
  assert.equal(lines[0], 'GET /chat?room=1 HTTP/1.1');
  assert.deepEqual(
    lines.slice(1).sort(),
    [
      'Connection: Upgrade',
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'X-Own: 1',
      'host: gateway',
      'upgrade: raw',
      `via: 1.1 sluice-${traffic.tables.viaId}`,
      'x-forwarded-for: 192.0.2.7, 127.0.0.1',
      'x-forwarded-host: gateway',
      'x-forwarded-proto: http',
      'x-forwarded-port: 80',
      'x-request-id: abc',
    ]
      .map((line) => line.replace(/^Connection/, 'connection'))
      .sort(),
  );
});

test('base path, stripped prefix and the Host of the backend hold for upgrades too', async (t) => {
  const backend = await startUpgradeBackend(echo);
  t.after(() => backend.close());
  const traffic = await startTraffic(
    `pools:
  default: { preserve_host: false, backends: [{ url: "${backend.url}/base" }] }
routes: [{ pool: default, path_prefix: /ws, strip_prefix: true }]`,
  );
  t.after(() => traffic.close());
  await dial(t, traffic).send(upgradeRequest('/ws/chat?x')).until('101');
  assert.match(backend.heads[0]!, /^GET \/base\/chat\?x HTTP\/1\.1\r\n/);
  assert.ok(backend.heads[0]!.includes(`\r\nhost: 127.0.0.1:${backend.port}\r\n`));
  await dial(t, traffic).send(upgradeRequest('/ws?x')).until('101');
  assert.match(backend.heads[1]!, /^GET \/base\?x HTTP\/1\.1\r\n/);
  const missing = await dial(t, traffic).send(upgradeRequest('/other')).closed();
  assert.match(missing, /^HTTP\/1\.1 404 .*GW_NO_ROUTE/s);
});

test('bytes that come together with a head are not lost, on either side', async (t) => {
  const { traffic } = await start(t, (socket, first) => {
    socket.write(`${SWITCHED}hello `);
    socket.write(first);
    socket.on('data', (chunk: Buffer) => socket.write(chunk));
  });
  const client = dial(t, traffic).send(`${upgradeRequest()}early`);
  await client.until('hello early');
  client.send(' late');
  await client.until('hello early late');
});

test('a client that sends long before the backend answers loses nothing', async (t) => {
  const early = Buffer.alloc(1_000_000, 'e');
  let answer = (): void => undefined;
  const { backend, traffic } = await start(t, (socket, first) => {
    answer = () => echo(socket, first);
  });
  const client = dial(t, traffic).send(upgradeRequest()).send(early);
  await eventually('the head is there', () => backend.heads.length === 1);
  answer();
  const received = await client.until((text) => text.split('\r\n\r\n')[1]?.length === early.length);
  assert.equal(received.split('\r\n\r\n')[1], early.toString());
});

test('it counts as in flight, on route and backend, until it is closed', async (t) => {
  const { traffic } = await start(t);
  const { backends, metrics } = traffic.tables;
  const client = dial(t, traffic).send(upgradeRequest());
  await client.until('101');
  assert.equal(backends.inFlight(0), 1);
  assert.equal(metrics.route(traffic.snapshot.routes[0]!.index).inFlight, 1);
  assert.equal(traffic.thread.tunnels.size, 1);
  // The circuit knows already: an open tunnel is a success.
  assert.equal(backends.successes(0), 1);
  client.destroy();
  await eventually('nothing is in flight', () => isIdle(traffic));
  assert.equal(traffic.thread.tunnels.size, 0);
  assert.equal(backends.successes(0), 1);
  assert.equal(backends.failures(0), 0);
  assert.equal(metrics.route(traffic.snapshot.routes[0]!.index).statuses[0], 1);
});

test('the access log has it when it is over, with the bytes of both directions', async (t) => {
  const { traffic } = await start(t);
  const client = dial(t, traffic).send(`${upgradeRequest('/chat?secret')}early`);
  await client.until('early');
  client.send('+ten bytes');
  await client.until('+ten bytes');
  client.destroy();
  const line = await traffic.logged((each) => each['msg'] === 'request');
  assert.equal(line['status'], 101);
  assert.equal(line['path'], '/chat');
  assert.equal(line['backend'], 'b0');
  assert.equal(line['received_bytes'], 15);
  assert.equal(line['sent_bytes'], 15);
  assert.equal(line['aborted'], undefined);
});

test('a client that leaves closes the backend at once, and the other way round', async (t) => {
  const { backend, traffic } = await start(t);
  const client = dial(t, traffic).send(upgradeRequest());
  await client.until('101');
  client.socket.resetAndDestroy();
  await eventually('the backend is closed', () => backend.sockets[0]!.destroyed);

  const other = dial(t, traffic).send(upgradeRequest());
  await other.until('101');
  backend.sockets[1]!.resetAndDestroy();
  await other.closed();
  await eventually('nothing is in flight', () => isIdle(traffic));
});

test('the end of one direction is passed on, and the other goes on', async (t) => {
  const backend = await startUpgradeBackend((socket) => {
    let received = '';
    socket.write(SWITCHED);
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    // Answers only once it knows that nothing more will come.
    socket.on('end', () => socket.end(`got ${received}`));
  }, true);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = dial(t, traffic).send(upgradeRequest());
  await client.until('101');
  client.send('all of it');
  client.socket.end();
  assert.match(await client.closed(), /got all of it$/);
  await eventually('nothing is in flight', () => isIdle(traffic));
});

test('a client that leaves while the backend thinks ends its work, and nobody is blamed', async (t) => {
  const { backend, traffic } = await start(t, (socket) => void socket.resume());
  for (const leave of ['destroy', 'resetAndDestroy'] as const) {
    const before = backend.heads.length;
    const client = dial(t, traffic).send(upgradeRequest());
    await eventually('the head is there', () => backend.heads.length > before);
    client.socket[leave]();
    await eventually('nothing is in flight', () => isIdle(traffic) && backend.sockets[before]!.destroyed);
  }
  assert.equal(traffic.tables.backends.failures(0), 0);
  const line = await traffic.logged((each) => each['msg'] === 'request');
  assert.equal(line['aborted'], true);
});

test('a fast writer is held back by a slow reader, and nothing is lost', async (t) => {
  const total = 48 * 1024 * 1024;
  let written = 0;
  const { traffic } = await start(t, (socket) => {
    socket.write(SWITCHED);
    const chunk = Buffer.alloc(65_536, 'x');
    const pump = (): void => {
      while (written < total) {
        written += chunk.length;
        if (!socket.write(chunk)) return void socket.once('drain', pump);
      }
      socket.end();
    };
    pump();
  });
  const client = dial(t, traffic);
  let received = 0;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (chunk: Buffer) => (received += chunk.length));
  client.send(upgradeRequest());
  await once(client.socket, 'data');
  client.socket.pause();
  let before = -1;
  await eventually('the backend is held back', () => {
    const isStill = written === before;
    before = written;
    return isStill;
  });
  assert.ok(written < total, `${written} bytes were written`);
  client.socket.resume();
  await client.closed();
  assert.ok(received >= total);
});

test('a refused upgrade is 429 with its fields, and nothing of it reaches a backend', async (t) => {
  const { backend, traffic } = await start(t, echo, 'rate_limit: { default: { capacity: 1, rate_per_second: 0.001 } }');
  await dial(t, traffic).send(upgradeRequest()).until('101');
  const refused = await dial(t, traffic).send(upgradeRequest()).closed();
  assert.match(refused, /^HTTP\/1\.1 429 Too Many Requests\r\n/);
  assert.match(refused, /\r\nretry-after: \d+\r\n/i);
  assert.match(refused, /\r\nconnection: close\r\n/i);
  assert.match(refused, /GW_RATE_LIMITED/);
  assert.equal(backend.heads.length, 1);
});

test('without an available backend an upgrade is 503', async (t) => {
  const { traffic } = await start(t);
  traffic.tables.backends.setHealth(0, 'down');
  const refused = await dial(t, traffic).send(upgradeRequest()).closed();
  assert.match(refused, /^HTTP\/1\.1 503 .*GW_NO_BACKEND/s);
});

test('a backend that refuses the connection is passed over; when all do, it is 502', async (t) => {
  const backend = await startUpgradeBackend(echo);
  t.after(() => backend.close());
  const dead = `http://127.0.0.1:${await freePort()}`;
  const traffic = await startTraffic(poolOf([dead, backend.url], '    algorithm: round-robin'));
  t.after(() => traffic.close());
  for (let count = 0; count < 4; count += 1) {
    const client = dial(t, traffic).send(upgradeRequest());
    await client.until('101');
    client.destroy();
  }
  assert.ok(traffic.tables.backends.failures(0) > 0);
  await eventually('nothing is in flight', () => isIdle(traffic) && traffic.tables.backends.inFlight(1) === 0);

  const none = await startTraffic(poolOf([dead]));
  t.after(() => none.close());
  const answer = await dial(t, none).send(upgradeRequest()).closed();
  assert.match(answer, /^HTTP\/1\.1 502 .*GW_BACKEND_UNREACHABLE/s);
});

test("a backend's answer other than 101 is passed on, whatever its framing, and the connection closes", async (t) => {
  const answers: Record<string, string> = {
    '/length': rawResponse('no entry', '403 Forbidden', ['WWW-Authenticate: Basic', 'Trailer: X']),
    '/chunked': 'HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nno entry\r\n0\r\n\r\n',
    '/close': 'HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\nno entry',
  };
  const { traffic } = await start(t, (socket, _first, head) => {
    const path = head.split(' ')[1]!;
    socket.write(answers[path]!);
    if (path === '/close') socket.end();
  });
  const statuses = { '/length': '403 Forbidden', '/chunked': '401 Unauthorized', '/close': '404 Not Found' };
  for (const [path, status] of Object.entries(statuses)) {
    const answer = await dial(t, traffic).send(upgradeRequest(path)).closed();
    assert.ok(answer.startsWith(`HTTP/1.1 ${status}\r\n`), answer);
    assert.match(answer, /no entry/);
    assert.match(answer, /\r\nconnection: close\r\n/i);
  }
  await eventually('nothing is in flight', () => isIdle(traffic));
  assert.equal(traffic.tables.backends.successes(0), 3);
});

test('a refusal that the client takes slowly arrives whole', async (t) => {
  const body = 'x'.repeat(16 * 1024 * 1024);
  const { traffic } = await start(t, (socket) => void socket.write(rawResponse(body, '403 Forbidden')));
  const sockets: Socket[] = [];
  traffic.thread.app.server.on('connection', (socket) => sockets.push(socket));
  const client = dial(t, traffic).send(upgradeRequest('/'));
  client.socket.pause();
  await eventually('it takes no more', () => sockets[0]?.writableNeedDrain === true);
  client.socket.resume();
  const answer = await client.closed();
  assert.equal(answer.length, answer.indexOf('\r\n\r\n') + 4 + body.length);
});

test('a refusal has the fields of any answer: none of the connection, with the id, without a forbidden length', async (t) => {
  const answers: Record<string, string> = {
    '/named': rawResponse('no', '403 Forbidden', [
      'Connection: X-Hop, close',
      'X-Hop: 1',
      'Keep-Alive: timeout=9',
      'X-Own: 1',
    ]),
    '/own-id': rawResponse('no', '403 Forbidden', ['X-Request-Id: theirs', 'Proxy-Authenticate: Basic']),
    '/204': 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n',
    '/trailers':
      'HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nno\r\n0\r\nX-Sum: 7\r\nSet-Cookie: a=b\r\n\r\n',
    '/hints': `HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${rawResponse('no', '403 Forbidden')}`,
    '/continue': `HTTP/1.1 100 Continue\r\n\r\n${rawResponse('no', '403 Forbidden')}`,
    '/latin1': rawResponse('no', '403 caf\xc3\xa9', ['X-Own: caf\xc3\xa9']),
  };
  const { traffic } = await start(t, (socket, _first, head) => {
    socket.write(Buffer.from(answers[head.split(' ')[1]!]!, 'latin1'));
  });
  const ask = (path: string): Promise<string> =>
    dial(t, traffic)
      .send(upgradeRequest(path, ['X-Request-Id: mine']))
      .closed();
  const named = await ask('/named');
  assert.match(named, /\r\nX-Own: 1\r\n/);
  assert.doesNotMatch(named, /x-hop|timeout=9/i);
  assert.match(named, /\r\nx-request-id: mine\r\n/);
  assert.doesNotMatch(await ask('/own-id'), /theirs|proxy-authenticate/i);
  assert.match(await ask('/204'), /^HTTP\/1\.1 204 /);
  assert.doesNotMatch(await ask('/204'), /content-length/i);
  const trailers = await ask('/trailers');
  assert.match(trailers, /\r\ntrailer: X-Sum\r\n/i);
  assert.match(trailers, /\r\n2\r\nno\r\n0\r\nX-Sum: 7\r\n\r\n$/);
  assert.match(await ask('/hints'), /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>\r\n\r\nHTTP\/1\.1 403 /);
  assert.match(await ask('/continue'), /^HTTP\/1\.1 403 /);
  assert.match(await ask('/latin1'), /^HTTP\/1\.1 403 caf\xc3\xa9\r\n.*\r\nX-Own: caf\xc3\xa9\r\n/s);
});

test('a repeatable upgrade that one backend refuses for now, or breaks off, is retried on another one', async (t) => {
  for (const [refuse, answers] of [
    [(socket: Socket): void => void socket.write(rawResponse('full', '503 Full')), 1],
    [(socket: Socket): void => void socket.destroy(), 0],
  ] as const) {
    const [bad, good] = [await startUpgradeBackend(refuse), await startUpgradeBackend(echo)];
    const traffic = await startTraffic(poolOf([bad.url, good.url], '    algorithm: round-robin'));
    t.after(() => Promise.all([traffic.close(), bad.close(), good.close()]));
    for (let count = 0; count < 2; count += 1) await dial(t, traffic).send(upgradeRequest()).until('101');
    assert.deepEqual([bad.heads.length, good.heads.length], [1, 2]);
    assert.equal(traffic.tables.backends.failures(0), 1);
    const { statuses } = traffic.tables.backends.responses(0);
    assert.deepEqual(statuses, [0, 0, 0, 0, answers], 'counted though the client did not get it');
    // What cannot be repeated is not.
    const post = upgradeRequest().replace('GET', 'POST');
    const posts = [dial(t, traffic).send(post), dial(t, traffic).send(post)];
    await eventually('one got through, one did not', () => {
      const [a, b] = posts
        .map(({ received }) => /^HTTP\/1\.1 (101|50[23])/.exec(received)?.[1] ?? '')
        .toSorted((one, other) => Number(one) - Number(other));
      return a === '101' && (b === '502' || b === '503');
    });
  }
});

test('a 503 of a backend is passed on and counts as its failure', async (t) => {
  const { traffic } = await start(t, (socket) => void socket.write(rawResponse('full', '503 Full')));
  assert.match(await dial(t, traffic).send(upgradeRequest()).closed(), /^HTTP\/1\.1 503 Full\r\n.*full$/s);
  assert.equal(traffic.tables.backends.failures(0), 1);
});

test('a silent backend is 504, one that breaks off or does not speak HTTP is 502', async (t) => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['', 504, 'GW_RESPONSE_TIMEOUT'],
    ['SSH-2.0-OpenSSH\r\n', 502, 'GW_BACKEND_INVALID'],
    ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 502, 'GW_BACKEND_INVALID'],
    ['HTTP/1.1 200 OK\r\nBad Field: 1\r\n\r\n', 502, 'GW_BACKEND_INVALID'],
    ['end', 502, 'GW_BACKEND_RESET'],
  ];
  for (const [bytes, status, code] of cases) {
    const { traffic } = await start(
      t,
      (socket) => void (bytes === 'end' ? socket.destroy() : socket.write(bytes)),
      'timeouts: { response: 200ms }',
    );
    const answer = await dial(t, traffic).send(upgradeRequest()).closed();
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `) && answer.includes(code), `${bytes}: ${answer}`);
    assert.equal(traffic.tables.backends.failures(0), 1);
    assert.ok(isIdle(traffic));
  }
});

test('a body that the backend breaks off is cut visibly', async (t) => {
  const { traffic } = await start(t, (socket) => {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nhalf');
  });
  const answer = await dial(t, traffic).send(upgradeRequest()).closed();
  assert.match(answer, /half$/);
  await eventually('it counts as a failure', () => traffic.tables.backends.failures(0) === 1 && isIdle(traffic));
});

test('HTTP/2 in disguise and upgrades with a body are answered as plain requests', async (t) => {
  const backend = await startRawBackend(rawResponse('plain'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const h2c = dial(t, traffic).send(
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
  );
  await h2c.until('plain');
  const body = dial(t, traffic).send(
    'POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nbody',
  );
  await body.until('plain');
  for (const request of backend.requests) assert.doesNotMatch(request, /upgrade|h2c|http2/i);
  assert.match(backend.requests[1]!, /\r\n\r\nbody$/);
  // And the connections are still those of HTTP.
  h2c.send('GET /again HTTP/1.1\r\nHost: x\r\n\r\n');
  await h2c.until((received) => received.split('plain').length === 3);
});

test('an upgrade behind a request that is still being answered is answered after it, as a plain one', async (t) => {
  const backend = await startRawBackend((request, socket) => void socket.write(rawResponse(request.split(' ')[1]!)));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = dial(t, traffic).send(`GET /first HTTP/1.1\r\nHost: x\r\n\r\n${upgradeRequest('/second')}`);
  assert.match(await client.until('/second'), /\/first.*HTTP\/1\.1 200 OK.*\/second/s);
});

test('POST may upgrade too, and its backend gets no body', async (t) => {
  const { backend, traffic } = await start(t);
  const client = dial(t, traffic).send(upgradeRequest('/attach').replace('GET', 'POST'));
  await client.until('101');
  assert.match(backend.heads[0]!, /^POST \/attach .*\r\ncontent-length: 0\r\n/s);
  assert.doesNotMatch(backend.heads[0]!, /transfer-encoding/i);
  client.send('bytes');
  await client.until('bytes');
});

test('a tunnel that is silent both ways is closed after the idle timeout of its route', async (t) => {
  const { traffic } = await start(t, echo, 'routes: [{ pool: default, upgrade_idle_timeout: 300ms }]');
  const client = dial(t, traffic).send(upgradeRequest());
  await client.until('101');
  await client.closed();
  await eventually('nothing is in flight', () => isIdle(traffic));
});

test('a stop cuts an upgrade that has no answer yet like any request', async (t) => {
  const { traffic, backend } = await start(t, () => undefined);
  const client = dial(t, traffic).send(upgradeRequest());
  await eventually('the backend has it', () => backend.heads.length === 1);
  traffic.thread.handle({ type: 'stop', drainTimeoutMs: 0 });
  assert.equal(await client.closed(), '');
  await eventually('the thread has stopped', () => traffic.messages.some(({ type }) => type === 'stopped'));
});

test('a stop lets tunnels go on until the drain limit of streams, and takes no new ones', async (t) => {
  const { traffic } = await start(t, echo, 'server: { drain_timeout: 0s, stream_drain_timeout: 500ms }');
  const client = dial(t, traffic).send(upgradeRequest());
  await client.until('101');
  traffic.thread.handle({ type: 'stop', drainTimeoutMs: 0 });
  await eventually('the port is closed', () => !traffic.thread.app.server.listening);
  client.send('still');
  await client.until('still');
  await client.closed();
  await eventually('the thread has stopped', () => traffic.messages.some(({ type }) => type === 'stopped'));
});

test('a backend behind TLS is reached, verified unless that is turned off', async (t) => {
  const server = createTlsServer(selfSigned, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => echo(socket, Buffer.alloc(0)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const pool = poolOf([`https://127.0.0.1:${port}`]);
  const lax = await startTraffic(`${pool}    insecure_skip_tls_verify: true\n`);
  t.after(() => lax.close());
  const client = dial(t, lax).send(upgradeRequest());
  await client.until('101');
  client.send('through TLS');
  await client.until('through TLS');
  client.destroy();
  await eventually('nothing is in flight', () => isIdle(lax));

  const strict = await startTraffic(pool);
  t.after(() => strict.close());
  const refused = await dial(t, strict).send(upgradeRequest()).closed();
  assert.match(refused, /^HTTP\/1\.1 502 .*GW_BACKEND_UNREACHABLE/s);
});

test('a connection that takes too long to be made is 504', async (t) => {
  // Accepts the connection, but not TLS.
  const silent = await startRawServer((socket) => void socket.resume());
  t.after(() => silent.close());
  const traffic = await startTraffic(poolOf([silent.url.replace('http:', 'https:')], 'timeouts: { connect: 200ms }'));
  t.after(() => traffic.close());
  const answer = await dial(t, traffic).send(upgradeRequest()).closed();
  assert.match(answer, /^HTTP\/1\.1 504 .*GW_CONNECT_TIMEOUT/s);
});

test('a 101 that arrives byte by byte, with data behind it, opens the same tunnel', async (t) => {
  const { traffic } = await start(t, (socket) => {
    socket.setNoDelay(true);
    const bytes = `${SWITCHED}hello`.split('');
    const next = (): void => {
      const byte = bytes.shift();
      if (byte !== undefined) socket.write(byte, () => setImmediate(next));
    };
    next();
    socket.on('data', (chunk: Buffer) => socket.write(chunk));
  });
  const client = dial(t, traffic).send(upgradeRequest());
  assert.match(await client.until('hello'), /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  client.send(' back');
  await client.until('hello back');
});

test('early hints reach the client before the 101', async (t) => {
  const { traffic } = await start(t, (socket) => {
    socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${SWITCHED}raw`);
  });
  const answer = await dial(t, traffic).send(upgradeRequest()).until('\r\n\r\nraw');
  assert.match(answer, /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>\r\n\r\nHTTP\/1\.1 101 Switching Protocols\r\n/);
});

test('a 101 whose head is too large is 502', async (t) => {
  const { traffic } = await start(
    t,
    (socket) => void socket.write(SWITCHED.replace('raw', 'r'.repeat(20_000))),
    '    max_response_head_bytes: 16384',
  );
  const answer = await dial(t, traffic).send(upgradeRequest()).closed();
  assert.match(answer, /^HTTP\/1\.1 502 .*GW_BACKEND_HEAD_TOO_LARGE/s);
});

test('a backend that pauses within a refusal for too long is cut, and to blame', async (t) => {
  const { backend, traffic } = await start(
    t,
    (socket) => void socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nhalf'),
    'timeouts: { idle: 200ms }',
  );
  const answer = await dial(t, traffic).send(upgradeRequest()).closed();
  assert.match(answer, /half$/);
  await eventually('nothing is left of it', () => isIdle(traffic) && backend.sockets[0]!.destroyed);
  assert.equal(traffic.tables.backends.failures(0), 1);
});

test('a client that leaves within a refusal ends it, and nobody is blamed', async (t) => {
  const { backend, traffic } = await start(t, (socket) => {
    socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nhalf');
  });
  const client = dial(t, traffic).send(upgradeRequest());
  await client.until('half');
  client.socket.resetAndDestroy();
  await eventually('nothing is left of it', () => isIdle(traffic) && backend.sockets[0]!.destroyed);
  assert.equal(traffic.tables.backends.failures(0), 0);
});

test('the connection of a refusal is not used again', async (t) => {
  const { backend, traffic } = await start(t, (socket) => void socket.write(rawResponse('no', '403 Forbidden')));
  for (let count = 1; count <= 2; count += 1) {
    await dial(t, traffic).send(upgradeRequest()).closed();
    await eventually('the backend is closed', () => backend.sockets[count - 1]!.destroyed);
    assert.equal(backend.sockets.length, count);
  }
});

test('a client that sends garbage is refused, and others are served as before', async (t) => {
  const { backend, traffic } = await start(t);
  for (const garbage of [
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: a\0b\r\n\r\n',
    'GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: raw\r\nNo colon\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01',
  ]) {
    assert.match(await dial(t, traffic).send(garbage).closed(), /^HTTP\/1\.1 400 /);
  }
  assert.equal(backend.heads.length, 0);
  await dial(t, traffic).send(upgradeRequest()).until('101');
  assert.equal((await httpRequest(`${traffic.url}/%zz`)).status, 400);
});
