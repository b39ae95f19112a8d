/** What the spans of a recorded request say, for each way in which a request can end. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { EchoClient, startGrpcBackend } from '../../support/grpc.ts';
import { startHeldBackend } from '../../support/held-backend.ts';
import { askHttp2, dialHttp2 } from '../../support/http2-client.ts';
import { httpRequest } from '../../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { type ReadSpan, startTraced } from '../../support/traced.ts';
import { poolOf } from '../../support/traffic.ts';
import { startUpgradeBackend, SWITCHED, upgradeRequest } from '../../support/upgrade-backend.ts';

async function backendOf(t: TestContext, answer: Parameters<typeof startRawBackend>[0] = rawResponse('ok')) {
  const backend = await startRawBackend(answer);
  t.after(() => backend.close());
  return backend;
}

function msOf({ startTimeUnixNano, endTimeUnixNano }: ReadSpan): number {
  return Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6;
}

/** Those of `keys` that the span has. */
function pick({ attributes }: ReadSpan, ...keys: string[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => key in attributes).map((key) => [key, attributes[key]]));
}

test('a request and its try, by the names of the semantic conventions, and without secrets', async (t) => {
  const backend = await backendOf(t);
  const routes = 'routes: [{ name: orders, path_prefix: /orders, strip_prefix: true, pool: default }]\n';
  const traffic = await startTraced(t, poolOf([`${backend.url}/base`], routes));
  const before = Date.now();
  await httpRequest(`${traffic.url}/orders/7%20?q=a&api_key=hunter2&Signature=hunter2&x=%C3%BC`, {
    method: 'PUT',
    headers: {
      host: 'shop.example.com:8080',
      'user-agent': 'curl/8',
      authorization: 'Bearer hunter2',
      cookie: 'sid=hunter2',
      'x-api-key': 'hunter2',
      'x-request-id': 'r-1',
    },
  });
  const { server, client } = await traffic.spans(2);
  const [request] = server as [ReadSpan];
  const [tried] = client as [ReadSpan];
  assert.deepEqual(request.attributes, {
    'http.request.method': 'PUT',
    'url.scheme': 'http',
    'url.path': '/orders/7%20',
    'url.query': 'q=a&api_key=REDACTED&Signature=REDACTED&x=%C3%BC',
    'http.route': 'orders',
    'http.response.status_code': 200,
    'server.address': 'shop.example.com',
    'server.port': 8080,
    'client.address': '127.0.0.1',
    'network.peer.address': '127.0.0.1',
    'network.protocol.version': '1.1',
    'user_agent.original': 'curl/8',
    'sluice.request_id': 'r-1',
    'sluice.client.kind': 'ip',
    'sluice.pool': 'default',
    'sluice.backend': 'b0',
    'sluice.tries': 1,
  });
  assert.deepEqual(tried.attributes, {
    'http.request.method': 'PUT',
    'url.full': `${backend.url}/base/7%20?q=a&api_key=REDACTED&Signature=REDACTED&x=%C3%BC`,
    'server.address': '127.0.0.1',
    'server.port': backend.port,
    'network.protocol.version': '1.1',
    'http.response.status_code': 200,
    'sluice.pool': 'default',
    'sluice.backend': 'b0',
    'sluice.circuit.outcome': 'success',
  });
  assert.deepEqual([request.name, request.status.code, tried.name, tried.status.code], ['PUT orders', 0, 'PUT', 0]);
  assert.equal(request.parentSpanId, undefined);
  assert.equal(tried.parentSpanId, request.spanId);
  assert.equal(tried.traceId, request.traceId);
  assert.ok(BigInt(tried.startTimeUnixNano) >= BigInt(request.startTimeUnixNano));
  assert.ok(BigInt(tried.endTimeUnixNano) <= BigInt(request.endTimeUnixNano));
  const startMs = Number(request.startTimeUnixNano) / 1e6;
  assert.ok(startMs > before - 5 && startMs < Date.now() + 5, `${startMs} ${before}`);
  assert.doesNotMatch(JSON.stringify(traffic.messages), /hunter2/);
  const [line] = await traffic.lines(1);
  assert.deepEqual([line!['trace_id'], line!['span_id']], [request.traceId, request.spanId]);
});

test('answers of the gateway itself have no try: refused by a limit, by authentication, redirected, and without a route', async (t) => {
  const backend = await backendOf(t);
  const traffic = await startTraced(
    t,
    poolOf(
      [backend.url],
      `routes:
  - { name: limited, path_prefix: /limited, pool: default, rate_limit: { client: { capacity: 1, rate_per_second: 0.001 } } }
  - { name: guarded, path_prefix: /guarded, pool: default, auth: { jwt: { secret: "${'s'.repeat(32)}" } } }
  - { name: old, path_prefix: /old, redirect: { path: /new, status: 308 } }
`,
    ),
  );
  for (const path of ['/limited', '/limited', '/guarded', '/old', '/nowhere']) await httpRequest(traffic.url + path);
  const { server, client } = await traffic.spans(6);
  assert.equal(client.length, 1);
  const keys = [
    'http.route',
    'http.response.status_code',
    'sluice.error',
    'sluice.refused_by',
    'sluice.tries',
    'error.type',
  ];
  assert.deepEqual(
    server.slice(1).map((span) => pick(span, ...keys)),
    [
      {
        'http.route': 'limited',
        'http.response.status_code': 429,
        'sluice.error': 'GW_RATE_LIMITED',
        'sluice.refused_by': 'route-client',
        'sluice.tries': 0,
      },
      {
        'http.route': 'guarded',
        'http.response.status_code': 401,
        'sluice.error': 'GW_AUTH_REQUIRED',
        'sluice.tries': 0,
      },
      { 'http.route': 'old', 'http.response.status_code': 308, 'sluice.tries': 0 },
      { 'http.response.status_code': 404, 'sluice.error': 'GW_NO_ROUTE', 'sluice.tries': 0 },
    ],
  );
  assert.deepEqual(
    server.map(({ name, status }) => [name, status.code]),
    [
      ['GET limited', 0],
      ['GET limited', 0],
      ['GET guarded', 0],
      ['GET old', 0],
      ['GET', 0],
    ],
  );
});

test('a stored answer says so, and has no try', async (t) => {
  const backend = await backendOf(t, rawResponse('ok', '200 OK', ['Cache-Control: max-age=60']));
  const routes = 'routes: [{ name: api, path_prefix: /, pool: default, cache: {} }]\n';
  const traffic = await startTraced(t, poolOf([backend.url], routes));
  await httpRequest(traffic.url);
  await httpRequest(traffic.url);
  const { server } = await traffic.spans(backend.requests.length + 2);
  assert.deepEqual(
    server.map((span) => span.attributes['sluice.cache']),
    ['miss', 'hit'],
  );
});

test('tries that fail have the error of each, and the request the one that the client gets', async (t) => {
  const broken = await backendOf(t, (_request, socket) => socket.destroy());
  const gone = `http://127.0.0.1:${await freePort()}`;
  const traffic = await startTraced(
    t,
    poolOf([gone, broken.url]).replace('default:', 'default:\n    algorithm: round-robin') +
      'retries: { backoff_base: 1ms, backoff_max: 1ms }\n',
  );
  await httpRequest(traffic.url);
  const { server, client } = await traffic.spans(3);
  assert.deepEqual(
    client.map((span) => [
      span.status.code,
      pick(span, 'error.type', 'http.request.resend_count', 'sluice.circuit.outcome'),
    ]),
    [
      [2, { 'error.type': 'GW_BACKEND_UNREACHABLE', 'sluice.circuit.outcome': 'failure' }],
      [2, { 'error.type': 'GW_BACKEND_RESET', 'http.request.resend_count': 1, 'sluice.circuit.outcome': 'failure' }],
    ],
  );
  assert.deepEqual(
    [server[0]!.status.code, pick(server[0]!, 'error.type', 'http.response.status_code')],
    [2, { 'error.type': 'GW_BACKEND_RESET', 'http.response.status_code': 502 }],
  );
});

test('an answer of 500 is an error of both, one of 404 only for the client of it', async (t) => {
  const backend = await backendOf(t, (request, socket) => {
    const status = request.startsWith('GET /500') ? '500 Oh' : '404 No';
    socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
  });
  const traffic = await startTraced(t, poolOf([backend.url]));
  await httpRequest(`${traffic.url}/500`);
  await httpRequest(`${traffic.url}/404`);
  const { server, client } = await traffic.spans(4);
  const errors = (spans: readonly ReadSpan[]) => spans.map((span) => [span.status.code, span.attributes['error.type']]);
  assert.deepEqual(errors(server), [
    [2, '500'],
    [0, undefined],
  ]);
  assert.deepEqual(errors(client), [
    [2, '500'],
    [2, '404'],
  ]);
});

test('a client that leaves, and a backend that is too slow', async (t) => {
  const held = await startHeldBackend();
  t.after(() => held.close());
  const routes = `routes:
  - { name: slow, path_prefix: /slow, pool: default, timeout: 50ms }
  - { name: all, path_prefix: /, pool: default }
`;
  const traffic = await startTraced(t, poolOf([held.url], routes));
  const client = new RawClient(traffic.port).send('GET /left HTTP/1.1\r\nHost: x\r\n\r\n');
  await held.asked(1);
  client.destroy();
  await traffic.spans(2);
  assert.equal((await httpRequest(`${traffic.url}/slow`)).status, 504);
  const { server, client: tries } = await traffic.spans(4);
  assert.deepEqual(
    server.map((span) => [span.status.code, pick(span, 'http.response.status_code', 'sluice.aborted', 'error.type')]),
    [
      [0, { 'sluice.aborted': true }],
      [2, { 'http.response.status_code': 504, 'error.type': 'GW_RESPONSE_TIMEOUT' }],
    ],
  );
  assert.deepEqual(
    tries.map((span) => [span.status.code, pick(span, 'error.type', 'sluice.cancelled')]),
    [
      [0, { 'sluice.cancelled': true }],
      [2, { 'error.type': 'timeout' }],
    ],
  );
});

test('an upgraded connection ends its spans when it opens', async (t) => {
  const backend = await startUpgradeBackend((socket) => void socket.write(SWITCHED));
  t.after(() => backend.close());
  const traffic = await startTraced(t, poolOf([backend.url]));
  const client = new RawClient(traffic.port).send(upgradeRequest('/chat'));
  t.after(() => client.destroy());
  await client.until('101');
  const { server, client: tries } = await traffic.spans(2);
  assert.equal(client.isClosed, false);
  assert.deepEqual(
    [...server, ...tries].map((span) => [span.attributes['http.response.status_code'], span.status.code]),
    [
      [101, 0],
      [101, 0],
    ],
  );
  assert.match(backend.heads[0]!, new RegExp(`traceparent: 00-${server[0]!.traceId}-${tries[0]!.spanId}-01\r\n`));
  client.destroy();
  const [line] = await traffic.lines(1);
  assert.equal(line!['span_id'], server[0]!.spanId);
  await traffic.spans(2);
});

test('a request that waited for a slot has an event with its time', async (t) => {
  const held = await startHeldBackend();
  t.after(() => held.close());
  const traffic = await startTraced(t, poolOf([held.url], '    max_in_flight: 1\n    queue: { size: 5 }\n'));
  const first = httpRequest(`${traffic.url}/1`);
  await held.asked(1);
  const second = httpRequest(`${traffic.url}/2`);
  await eventually('it waits', () => traffic.tables.queues.length(0) === 1);
  held.answer();
  await first;
  await held.asked(2);
  held.answer();
  await second;
  const { server } = await traffic.spans(4);
  const waiting = server.find((span) => span.attributes['url.path'] === '/2')!;
  const [event] = waiting.events;
  assert.equal(event!.name, 'sluice.queued');
  const [queue, wait] = event!.attributes;
  assert.deepEqual([queue!.key, queue!.value], ['sluice.queue', { stringValue: 'slot' }]);
  const waitedMs = wait!.value.doubleValue ?? wait!.value.intValue!;
  assert.ok(waitedMs > 0 && waitedMs <= msOf(waiting), `${waitedMs} of ${msOf(waiting)}`);
  assert.equal(server.find((span) => span.attributes['url.path'] === '/1')!.events.length, 0);
});

test('a copy for another pool has the trace id, asks for no recording, and has no span', async (t) => {
  const [web, shadow] = [await backendOf(t), await backendOf(t)];
  const traffic = await startTraced(
    t,
    `pools:
  default: { backends: [{ url: "${web.url}", id: b0 }] }
  shadow: { backends: [{ url: "${shadow.url}", id: s0 }] }
routes: [{ name: api, path_prefix: /, pool: default, mirror: { pool: shadow } }]
`,
  );
  await httpRequest(traffic.url);
  const { server, client } = await traffic.spans(2);
  await eventually('the copy has arrived', () => shadow.requests.length === 1);
  const { traceId, spanId } = server[0]!;
  assert.match(shadow.requests[0]!, new RegExp(`traceparent: 00-${traceId}-${spanId}-00\r\n`));
  assert.match(web.requests[0]!, new RegExp(`traceparent: 00-${traceId}-${client[0]!.spanId}-01\r\n`));
});

test('over HTTP/2, and to it', async (t) => {
  const backend = await backendOf(t);
  const traffic = await startTraced(t, poolOf([backend.url], 'server: { http2: { h2c: true } }\n'));
  await askHttp2(dialHttp2(t, traffic.port), '/a?b=c', { headers: { 'user-agent': 'h2' } });
  const { server, client } = await traffic.spans(2);
  assert.deepEqual(pick(server[0]!, 'network.protocol.version', 'url.path', 'url.query', 'user_agent.original'), {
    'network.protocol.version': '2',
    'url.path': '/a',
    'url.query': 'b=c',
    'user_agent.original': 'h2',
  });
  assert.equal(client[0]!.attributes['network.protocol.version'], '1.1');
});

test('calls of gRPC have the name and the status of the call', async (t) => {
  const seen: unknown[] = [];
  const backend = await startGrpcBackend(t, {
    unary: (call, done) => {
      seen.push(call.metadata.get('traceparent')[0]);
      if (call.request === 'no') done({ code: 5, details: 'no such thing' });
      else done(null, call.request);
    },
  });
  const traffic = await startTraced(
    t,
    poolOf(
      [backend.url],
      '    protocol: h2c\nserver: { http2: { h2c: true } }\nroutes: [{ name: calls, path_prefix: /, pool: default }]\n',
    ),
  );
  const caller = new EchoClient(t, traffic.port);
  await caller.unary('yes');
  await caller.unary('no');
  const { server, client } = await traffic.spans(4);
  const keys = ['rpc.system.name', 'rpc.method', 'rpc.response.status_code', 'http.response.status_code', 'http.route'];
  assert.deepEqual(pick(server[0]!, ...keys), {
    'http.route': 'calls',
    'http.response.status_code': 200,
    'rpc.system.name': 'grpc',
    'rpc.method': 'test.Echo/Unary',
    'rpc.response.status_code': 'OK',
  });
  assert.deepEqual(
    [...server, ...client].map((span) => [
      span.name,
      span.attributes['rpc.response.status_code'],
      span.status.code,
      span.attributes['error.type'],
    ]),
    [
      ['test.Echo/Unary', 'OK', 0, undefined],
      ['test.Echo/Unary', 'NOT_FOUND', 0, undefined],
      ['test.Echo/Unary', 'OK', 0, undefined],
      ['test.Echo/Unary', 'NOT_FOUND', 2, 'NOT_FOUND'],
    ],
  );
  assert.deepEqual(
    seen,
    client.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`),
  );
});

test('a method that is not registered has its name beside the span, not in it', async (t) => {
  const backend = await backendOf(t);
  const traffic = await startTraced(
    t,
    poolOf([backend.url], 'routes: [{ name: all, path_prefix: /, pool: default }]\n'),
  );
  const client = new RawClient(traffic.port).send('BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n');
  t.after(() => client.destroy());
  await client.until('ok');
  const { server } = await traffic.spans(2);
  assert.equal(server[0]!.name, 'HTTP all');
  assert.deepEqual(pick(server[0]!, 'http.request.method', 'http.request.method_original'), {
    'http.request.method': '_OTHER',
    'http.request.method_original': 'BREW',
  });
});
