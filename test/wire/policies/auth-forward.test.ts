/** An authorization service on a real port, which the test lets answer as it likes. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { type PolicyWorld, startPolicyWorld } from '../../support/policy-world.ts';

interface World extends PolicyWorld {
  /** What the service was asked. */
  readonly asked: readonly IncomingMessage[];
}

async function startForwardWorld(t: TestContext, listener: RequestListener, keys = '', more = ''): Promise<World> {
  const asked: IncomingMessage[] = [];
  const service = createServer((request, response) => {
    asked.push(request);
    listener(request, response);
  }).listen(0, '127.0.0.1');
  t.after(() => {
    service.closeAllConnections();
    service.close();
  });
  await new Promise((resolve) => service.once('listening', resolve));
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/verify?app=shop`;
  const routes = `- { path_prefix: /open, pool: default }
- path_prefix: /
  pool: default
  auth: { forward: { url: "${url}"${keys} } }
  ${more}`;
  return { ...(await startPolicyWorld(t, routes)), asked };
}

const allow: RequestListener = (_request, response) => {
  response.writeHead(204, { 'X-Auth-User': 'alice', 'X-Groups': ['a', 'b'], 'x-other': 'not asked for' }).end();
};

test('a 2xx passes, and backends get the named fields of it instead of the client’s', async (t) => {
  const keys = ', headers_to_backend: [X-Auth-User, X-Groups, X-Missing], user_header: x-auth-user';
  const world = await startForwardWorld(t, allow, keys, 'request_headers: { set: { x-log: "{auth_user}" } }');
  const fields = [
    'Cookie: a=1',
    'Authorization: Bearer x',
    'x-auth-user: root',
    'X_Groups: root',
    'X-Missing: root',
    'Accept: */*',
  ];
  assert.match(await world.ask('POST /a?b=c', fields, 'a body'), /^HTTP\/1\.1 200 /);
  const [sent] = world.asked;
  assert.deepEqual([sent!.method, sent!.url], ['GET', '/verify?app=shop']);
  const { 'x-forwarded-for': address, host: _host, connection: _connection, ...headers } = sent!.headers;
  assert.equal(address, '127.0.0.1');
  assert.deepEqual(headers, {
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'shop.test',
    'x-forwarded-method': 'POST',
    'x-forwarded-uri': '/a?b=c',
    authorization: 'Bearer x',
    cookie: 'a=1',
  });
  assert.match(world.requests[0]!, /\r\nx-auth-user: alice\r\nx-groups: a, b\r\nx-log: alice\r\n/);
  assert.match(world.requests[0]!, /\r\nauthorization: Bearer x\r\n/);
  assert.match(world.requests[0]!, /\r\n\r\na body$/);
  assert.doesNotMatch(world.requests[0]!, /root|x-missing|x-other/i);
  await world.ask('/open', ['x-auth-user: root']);
  assert.doesNotMatch(world.requests[1]!, /root/);
  const line = await world.logged(({ status }) => status === 200);
  assert.deepEqual([line['auth'], line['user']], ['forward', 'alice']);
});

test('any other answer is the client’s: a redirect to a login with its cookies', async (t) => {
  const world = await startForwardWorld(t, (_request, response) => {
    response
      .writeHead(302, {
        location: 'https://login.test/?back=1',
        'set-cookie': ['state=1; Path=/', 'other=2'],
        'x-request-id': 'theirs',
        'keep-alive': 'timeout=99',
        'content-type': 'text/html',
      })
      .end('<a>log in</a>');
  });
  const answer = await world.ask('/');
  assert.match(answer, /^HTTP\/1\.1 302 [^]*\r\nlocation: https:\/\/login\.test\/\?back=1\r\n/i);
  assert.match(answer, /\r\nset-cookie: state=1; Path=\/\r\nset-cookie: other=2\r\n/i);
  assert.match(answer, /\r\ncontent-length: 13\r\n[^]*\r\n\r\n<a>log in<\/a>$/);
  assert.doesNotMatch(answer, /theirs|timeout=99|chunked/);
  assert.match(await world.ask('HEAD /'), /^HTTP\/1\.1 302 [^]*\r\n\r\n$/);
  assert.equal(world.requests.length, 0);
  const line = await world.logged(({ status }) => status === 302);
  assert.equal(line['error'], 'GW_AUTH_DENIED');
});

test('a 401 keeps its challenge, and gRPC gets a status', async (t) => {
  const world = await startForwardWorld(t, (request, response) => {
    const isForbidden = request.headers['x-forwarded-uri'] === '/forbidden';
    response.writeHead(isForbidden ? 403 : 401, { 'www-authenticate': 'Bearer realm="theirs"' }).end('no');
  });
  assert.match(
    await world.ask('/'),
    /^HTTP\/1\.1 401 [^]*\r\nwww-authenticate: Bearer realm="theirs"\r\n[^]*\r\n\r\nno$/i,
  );
  const grpc = ['Content-Type: application/grpc', 'TE: trailers'];
  assert.match(await world.ask('POST /a', grpc), /\r\ngrpc-status: 16\r\n/);
  assert.match(await world.ask('POST /forbidden', grpc), /\r\ngrpc-status: 7\r\n/);
  const upgrade = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
  assert.match(await world.ask('/', [...upgrade, 'Connection: Upgrade']), /^HTTP\/1\.1 401 /);
  assert.equal(world.requests.length, 0);
});

test('a service that hangs, breaks off, answers too much, or is gone lets nobody pass', async (t) => {
  const behaviours: Readonly<Record<string, RequestListener>> = {
    '/hang': () => {},
    '/hang-in-body': (_request, response) => response.writeHead(200).write('x'),
    '/reset': (request) => request.socket.destroy(),
    '/cut': (request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('x', () => request.socket.destroy());
    },
    '/large': (_request, response) => response.writeHead(403).end('x'.repeat(70_000)),
  };
  const world = await startForwardWorld(
    t,
    (request, response) => behaviours[String(request.headers['x-forwarded-uri'])]!(request, response),
    ', timeout: 500ms',
  );
  for (const path of Object.keys(behaviours)) {
    assert.match(await world.ask(path), /^HTTP\/1\.1 503 [^]*"GW_AUTH_UNAVAILABLE"/, path);
  }
  const gone = await startPolicyWorld(t, '- { pool: default, auth: { forward: { url: "http://127.0.0.1:1/" } } }');
  assert.match(await gone.ask('/'), /^HTTP\/1\.1 503 [^]*"GW_AUTH_UNAVAILABLE"/);
  assert.equal(world.requests.length + gone.requests.length, 0);
  assert.equal(world.tables.metrics.authFailures().service, Object.keys(behaviours).length);
  const line = await gone.logged(({ msg }) => msg === 'authorization service cannot be asked');
  assert.match(String(line['reason']), /ECONNREFUSED/);
});

test('what a client sends twice, or spells otherwise, reaches backends only as the service has seen it', async (t) => {
  const judge: RequestListener = (request, response) => {
    const isGood = request.headers.authorization === 'good' && request.headers['x-tenant'] === 'a';
    response.writeHead(isGood ? 200 : 401).end();
  };
  const world = await startForwardWorld(t, judge, ', headers_to_auth: [Authorization, x-tenant]');
  await world.ask('/', ['Authorization: good', 'Authorization: evil', 'x-tenant: a', 'X_Tenant: evil']);
  assert.match(world.requests[0]!, /\r\nauthorization: good\r\nx-tenant: a\r\n/);
  assert.doesNotMatch(world.requests[0]!, /evil/);
});

test('without cache, each request is asked for; with it, each that differs in what the service gets', async (t) => {
  const byCookie: RequestListener = (request, response) => {
    response.writeHead(request.headers.cookie === 'user=good' ? 200 : 403).end();
  };
  const plain = await startForwardWorld(t, byCookie);
  await plain.ask('/', ['Cookie: user=good']);
  await plain.ask('/', ['Cookie: user=good']);
  assert.equal(plain.asked.length, 2);

  const cached = await startForwardWorld(t, byCookie, ', cache: 1m');
  const statuses: string[] = [];
  for (const [target, cookie] of [
    ['/a', 'user=good'],
    ['/a', 'user=good'],
    ['/b', 'user=good'],
    ['POST /a', 'user=good'],
    ['/a', 'user=evil'],
    ['/a', 'user=evil'],
    ['/a', 'user=good'],
  ] as const) {
    statuses.push((await cached.ask(target, [`Cookie: ${cookie}`])).slice(9, 12));
  }
  assert.deepEqual(statuses, ['200', '200', '200', '200', '403', '403', '200']);
  // The first of /a, /b, POST, and both refusals: those are never kept.
  assert.equal(cached.asked.length, 5);
  assert.match(await cached.ask('/a', ['Cookie: user=good', 'Host: other.test']), /^HTTP\/1\.1 200 /);
  assert.equal(cached.asked.length, 6);
});

test('what is no part of the key is not sent, so it cannot change the answer', async (t) => {
  const world = await startForwardWorld(t, allow, ', cache: 1m, cache_by: []');
  await world.ask('/a', ['Cookie: user=good']);
  await world.ask('POST /b', ['Cookie: user=good']);
  assert.equal(world.asked.length, 1);
  const names = Object.keys(world.asked[0]!.headers).filter((name) => name.startsWith('x-forwarded'));
  assert.deepEqual(names.sort(), ['x-forwarded-host', 'x-forwarded-proto']);
});

test('requests that are the same and come at the same time are asked for once', async (t) => {
  const held: (() => void)[] = [];
  const world = await startForwardWorld(t, (_request, response) => held.push(() => response.writeHead(200).end()));
  const answers = [world.ask('/'), world.ask('/'), world.ask('/')];
  while (held.length === 0) await new Promise(setImmediate);
  const { metrics } = world.tables;
  while (metrics.route(1).inFlight < 3) await new Promise(setImmediate);
  for (const answer of held) answer();
  for (const answer of await Promise.all(answers)) assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.equal(world.asked.length, 1);
});
