/** Requests whose answers say what they cost. The limits refill too slowly to matter. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import zlib from 'node:zlib';
import { limitPolicies, routeLimits } from '../../../src/limits/limit-policy.ts';
import { mixed } from '../../../src/limits/rate-limiter.ts';
import { eventually } from '../../support/eventually.ts';
import { startHttp2Backend } from '../../support/http2-backend.ts';
import { askHttp2, dialHttp2 } from '../../support/http2-client.ts';
import { MODEL_ANSWERS } from '../../support/model-answers.ts';
import { startPolicyWorld, type PolicyWorld } from '../../support/policy-world.ts';
import { RawClient, rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../../support/traffic.ts';

const CAPACITY = 1000;
const LIMITS = `rate_limit: { default: { capacity: ${CAPACITY}, rate_per_second: 0.0001 } }\n`;
const byHeader = (more = ''): string =>
  `${LIMITS}routes: [{ name: api, pool: default, cost: 2, cost_from: { header: x-request-cost, estimate: 100${more} } }]`;
const byJson = (json: string, more = ''): string =>
  `${LIMITS}routes: [{ name: api, pool: default, cost: 2, cost_from: { json: '${json}', estimate: 100${more} } }]`;

type Answer = string | Buffer | ((request: string, socket: Socket) => void);

/** The client's balance, and what the log says that requests have cost. */
async function start(t: TestContext, routes: string, answer: Answer) {
  const world = await startPolicyWorld(t, routes, answer);
  const logged = (count: number): Promise<readonly unknown[]> => costs(world, count);
  return { ...world, used: () => CAPACITY - balance(world), logged };
}

function balance({ limiter, settings, tables }: Traffic, client = 'ip:127.0.0.1'): number {
  const { lo, hi } = limiter.hash(client);
  const { capacity, ratePerSecond } = settings.rateLimit.default;
  const tokens = limiter.table.tokens(lo, hi, { capacity, ratePerSecond }, tables.clock.nowMs());
  return Math.round(tokens ?? capacity);
}

/** Of so many requests, as logged. */
async function costs(world: PolicyWorld, count: number): Promise<readonly unknown[]> {
  const lines = (): readonly Record<string, unknown>[] => world.log.filter((line) => line['msg'] === 'request');
  await eventually('all are logged', () => lines().length === count);
  return lines().map((line) => line['cost']);
}

const json = (body: object, fields: readonly string[] = []): string =>
  rawResponse(JSON.stringify(body), '200 OK', ['Content-Type: application/json', ...fields]);

test('a header field says what a request costs: the rest of the estimate comes back', async (t) => {
  const { ask, used, logged, tables } = await start(t, byHeader(), rawResponse('ok', '200 OK', ['X-Request-Cost: 7']));
  const answer = await ask('/');
  assert.match(answer, /\r\nX-Request-Cost: 7\r\n/);
  assert.match(answer, /\r\nratelimit: "default";r=900;/, 'as it was when the request was admitted');
  assert.equal(used(), 7);
  assert.deepEqual(await logged(1), [7]);
  assert.deepEqual(tables.metrics.answerCosts(), {
    answers: { read: 1, none: 0, missing: 0, invalid: 0, cut: 0 },
    tokens: { charged: 7, estimated: 0, returned: 93 },
  });
});

test('what the estimate lacks is charged, as a debt of at most one bucket', async (t) => {
  const { ask, used, requests } = await start(t, byHeader(), rawResponse('ok', '200 OK', ['X-Request-Cost: 1500']));
  await ask('/');
  assert.equal(used(), 1500);
  const refused = await ask('/');
  assert.match(refused, /^HTTP\/1\.1 429 /);
  assert.match(
    refused,
    /\r\nratelimit: "default";r=0;t=6000\d{3}\r\n/,
    'until the debt is paid, and the estimate is there',
  );
  assert.equal(used(), 1500, 'a refused request costs nothing');
  assert.equal(requests.length, 1);
});

test('no debt is more than one bucket', async (t) => {
  const { ask, used } = await start(t, byHeader(), rawResponse('ok', '200 OK', ['X-Request-Cost: 999999999']));
  await ask('/');
  assert.equal(used(), 2 * CAPACITY);
});

test('an answer is charged max at most, and what it says times multiply, rounded up', async (t) => {
  let said = '5000';
  const { ask, used } = await start(t, byHeader(', max: 300, multiply: 0.1'), (_request, socket) => {
    socket.end(rawResponse('ok', '200 OK', [`x-request-cost: ${said}`]));
  });
  await ask('/');
  assert.equal(used(), 300);
  said = '30.1';
  await ask('/');
  assert.equal(used(), 304);
  said = '0';
  await ask('/');
  assert.equal(used(), 304);
});

for (const value of ['-5', 'NaN', 'many', '1e3', '', '7, 8', '0x10', '9'.repeat(30), '1000000001', 'Infinity']) {
  test(`a cost of "${value.slice(0, 12)}" is none: the estimate stays, and it is counted and logged`, async (t) => {
    const { ask, used, tables, log } = await start(
      t,
      byHeader(),
      rawResponse('ok', '200 OK', [`X-Request-Cost: ${value}`]),
    );
    await ask('/');
    await ask('/');
    assert.equal(used(), 200);
    assert.equal(tables.metrics.answerCosts().answers.invalid, 2);
    const warnings = log.filter((line) => line['msg'] === 'cost of an answer unknown');
    assert.deepEqual(
      warnings.map(({ route, result }) => [route, result]),
      [['api', 'invalid']],
    );
  });
}

test('hide keeps the field from clients, in the head and as a trailer', async (t) => {
  const body = '2\r\nok\r\n0\r\nX-Request-Cost: 9\r\nX-Other: 1\r\n\r\n';
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Request-Cost: 4\r\nTrailer: X-Other\r\n\r\n';
  const { ask, used } = await start(t, byHeader(', hide: true'), head + body);
  const answer = await ask('/', ['TE: trailers']);
  assert.doesNotMatch(answer, /x-request-cost/i);
  assert.match(answer, /\r\nX-Other: 1\r\n/i);
  assert.equal(used(), 9, 'the trailer came last');
});

test('a trailer says what a stream has cost', async (t) => {
  const { ask, used } = await start(
    t,
    byHeader(),
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Request-Cost\r\n\r\n2\r\nok\r\n0\r\nX-Request-Cost: 12\r\n\r\n',
  );
  assert.match(await ask('/', ['TE: trailers']), /\r\nX-Request-Cost: 12\r\n/i);
  assert.equal(used(), 12);
});

test('response_headers may remove the field: it is read before', async (t) => {
  const routes = `${LIMITS}routes:
  - pool: default
    cost_from: { header: x-request-cost, estimate: 100 }
    response_headers: { remove: [x-request-cost] }`;
  const { ask, used } = await start(t, routes, rawResponse('ok', '200 OK', ['X-Request-Cost: 7']));
  assert.doesNotMatch(await ask('/'), /x-request-cost/i);
  assert.equal(used(), 7);
});

for (const [status, method] of [
  ['404 Not Found', 'GET'],
  ['429 Too Many Requests', 'GET'],
  ['500 Internal Server Error', 'GET'],
  ['204 No Content', 'GET'],
  ['304 Not Modified', 'GET'],
  ['200 OK', 'HEAD'],
] as const) {
  test(`an answer ${status} to ${method} need not say a cost: it costs what a request costs`, async (t) => {
    const hasBody = method !== 'HEAD' && !/^[23]04/.test(status);
    const answer = hasBody
      ? rawResponse('{"error":{}}', status, ['Content-Type: application/json'])
      : `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n`;
    const { ask, used, logged } = await start(t, byJson('usage.total_tokens'), answer);
    await ask(`${method} /`);
    assert.deepEqual(await logged(1), [2]);
    assert.equal(used(), 2);
  });
}

test('an error that says its cost is charged that', async (t) => {
  const { ask, used } = await start(t, byHeader(), rawResponse('no', '500 Oh', ['X-Request-Cost: 30']));
  await ask('/');
  assert.equal(used(), 30);
});

test('an answer of the gateway itself costs what a request costs', async (t) => {
  const { ask, used, logged, tables } = await start(t, byHeader(), (_request, socket) => socket.destroy());
  assert.match(await ask('POST /', [], 'x'), /^HTTP\/1\.1 502 /);
  assert.match(await ask('/', ['Transfer-Encoding: gzip']), /^HTTP\/1\.1 [45]/);
  assert.deepEqual(await logged(2), [2, 2]);
  assert.equal(used(), 4);
  assert.equal(tables.metrics.answerCosts().answers.none, 2);
});

test('of several tries only the answer that is passed on counts', async (t) => {
  let asked = 0;
  const answer = (_request: string, socket: Socket): void => {
    asked += 1;
    socket.end(rawResponse('ok', asked === 1 ? '503 No' : '200 OK', [`X-Request-Cost: ${asked === 1 ? 500 : 20}`]));
  };
  const backends = [await startRawBackend(answer), await startRawBackend(answer)];
  for (const backend of backends) t.after(() => backend.close());
  const urls = backends.map(({ url }) => url);
  const traffic = await startTraffic(poolOf(urls, `retries: { statuses: [503] }\n${byHeader()}`));
  t.after(() => traffic.close());
  const received = await new RawClient(traffic.port)
    .send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    .closed();
  assert.match(received, /^HTTP\/1\.1 200 /);
  assert.equal(asked, 2);
  assert.equal(CAPACITY - balance(traffic), 20);
});

test('a body without a cost is charged its estimate', async (t) => {
  const { ask, used, tables } = await start(t, byJson('usage.total_tokens'), json({ usage: { total: 1 } }));
  await ask('/');
  assert.equal(used(), 100);
  assert.equal(tables.metrics.answerCosts().answers.missing, 1);
});

test('so is what is no JSON, and what has an unknown coding', async (t) => {
  let answer = rawResponse('{"n":5} trailing', '200 OK', ['Content-Type: application/json']);
  const { ask, used } = await start(t, byJson('n'), (_request, socket) => void socket.end(answer));
  await ask('/');
  assert.equal(used(), 100);
  answer = json({ n: 5 }, ['Content-Encoding: aes128gcm']);
  await ask('/');
  assert.equal(used(), 200);
  answer = json({ n: 5 }, ['Content-Encoding: gzip']);
  await ask('/');
  await eventually('it is not gzip', () => used() === 300);
});

for (const [coding, encode] of [
  ['gzip', zlib.gzipSync],
  ['deflate', zlib.deflateSync],
  ['br', zlib.brotliCompressSync],
  ['zstd', zlib.zstdCompressSync],
] as const) {
  test(`an answer in ${coding} passes as it is, and its cost is read`, async (t) => {
    const plain = JSON.stringify({ text: 'x'.repeat(100_000), usage: { total_tokens: 41 } });
    const body = encode(Buffer.from(plain));
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const { ask, used, logged } = await start(
      t,
      byJson('usage.total_tokens'),
      Buffer.concat([Buffer.from(head), body]),
    );
    const answer = Buffer.from(await ask('/'), 'latin1');
    assert.deepEqual(answer.subarray(-body.length), body);
    assert.deepEqual(await logged(1), [41], 'the line of the log waits for it');
    assert.equal(used(), 41);
  });
}

test('an encoded body that is cut short is charged its estimate', async (t) => {
  const body = zlib.gzipSync(JSON.stringify({ n: 5, text: 'x'.repeat(1000) })).subarray(0, -12);
  const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`;
  const { ask, logged } = await start(t, byJson('n'), Buffer.concat([Buffer.from(head), body]));
  await ask('/');
  assert.deepEqual(await logged(1), [100]);
});

test('a small body that decodes to a huge one is not read to its end', async (t) => {
  const body = zlib.gzipSync(Buffer.concat([Buffer.alloc(80 * 1024 * 1024, ' '), Buffer.from('{"n":5}')]), {
    level: 1,
  });
  const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`;
  const { ask, logged } = await start(t, byJson('n'), Buffer.concat([Buffer.from(head), body]));
  await ask('/');
  assert.deepEqual(await logged(1), [100]);
});

const STREAM_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n';
const TOTAL = 'usage.total_tokens';

test('a stream passes without delay, and the last event with usage counts', async (t) => {
  let backend: Socket | undefined;
  const { port, used } = await start(t, byJson(TOTAL), (_request, socket) => {
    backend = socket;
    socket.write(`${STREAM_HEAD}data: {"usage":{"total_tokens":1}}\n\n`);
  });
  const client = new RawClient(port).send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await client.until('"total_tokens":1}}');
  assert.equal(used(), 100, 'nothing is settled yet');
  backend!.end('data: {"usage":{"total_tokens":250}}\n\ndata: [DONE]\n\n');
  await client.closed();
  assert.equal(used(), 250);
});

test('a stream that ends without usage is charged its estimate', async (t) => {
  const { ask, used } = await start(t, byJson(TOTAL), (_request, socket) => {
    socket.end(`${STREAM_HEAD}data: {"choices":[]}\n\ndata: [DONE]\n\n`);
  });
  await ask('/');
  assert.equal(used(), 100);
});

for (const [said, cost] of [
  [20, 100],
  [400, 400],
] as const) {
  test(`a stream that breaks off after saying ${said} is charged ${cost}: the estimate at least`, async (t) => {
    const { ask, used, logged, tables } = await start(t, byJson(TOTAL), (_request, socket) => {
      const event = `data: {"usage":{"total_tokens":${said}}}\n\n`;
      const head = STREAM_HEAD.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n');
      socket.write(`${head}${event.length.toString(16)}\r\n${event}\r\n`, () => socket.destroy());
    });
    await ask('/');
    assert.deepEqual(await logged(1), [cost]);
    assert.equal(used(), cost);
    assert.equal(tables.metrics.answerCosts().answers.cut, 1);
  });
}

test('a client that leaves pays the estimate, before the answer and within it', async (t) => {
  let isAnswering = false;
  const { port, used, requests } = await start(t, byJson(TOTAL), (_request, socket) => {
    if (isAnswering) socket.write(`${STREAM_HEAD}data: {"usage":{"total_tokens":3}}\n\n`);
  });
  const first = new RawClient(port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually('it has arrived', () => requests.length === 1);
  first.destroy();
  await eventually('it is settled', () => used() === 100);
  isAnswering = true;
  const second = new RawClient(port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await second.until('"total_tokens":3}}');
  second.destroy();
  await eventually('it is settled', () => used() === 200);
});

test('every limit that a request was charged to is settled', async (t) => {
  const slow = 'rate_per_second: 0.001';
  const routes = `rate_limit:
  default: { capacity: 1000, ${slow} }
  global: { capacity: 5000, ${slow} }
routes:
  - name: api
    pool: default
    cost_from: { header: x-request-cost, estimate: 100 }
    rate_limit:
      client: { capacity: 2000, ${slow} }
      total: { limit: 3000, size: 1h }`;
  const { ask, used, limiter, settings, tables } = await start(
    t,
    routes,
    rawResponse('ok', '200 OK', ['X-Request-Cost: 260']),
  );
  await ask('/');
  assert.equal(used(), 260);
  const ofRoute = routeLimits(settings.routes[0]!)!;
  const nowMs = tables.clock.nowMs();
  assert.equal(Math.round(limiter.globalTokens(limitPolicies(settings.rateLimit), nowMs)!), 4740);
  assert.equal(Math.round(limiter.routeTokens(ofRoute, nowMs)!), 2740);
  const { client: salt } = limiter.hashesOf(ofRoute);
  const { lo, hi } = limiter.hash('ip:127.0.0.1');
  const tokens = limiter.table.tokens(mixed(lo, salt.lo), hi ^ salt.hi, ofRoute.client!, nowMs);
  assert.equal(Math.round(tokens!), 1740);
});

test('a dry run takes what it would take, and refuses nothing', async (t) => {
  const routes = `rate_limit: { dry_run: true, default: { capacity: 1000, rate_per_second: 0.0001 } }
routes: [{ pool: default, cost_from: { header: x-request-cost, estimate: 100 } }]`;
  const { ask, used } = await start(t, routes, rawResponse('ok', '200 OK', ['X-Request-Cost: 1200']));
  await ask('/');
  assert.equal(used(), 1200);
  assert.match(await ask('/'), /^HTTP\/1\.1 200 /);
  assert.equal(used(), 1200, 'what would have been refused costs nothing');
});

test('it holds for HTTP/2 on both sides, with the cost in the trailers', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream }) => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-request-cost': '33' }));
    stream.end('ok');
  });
  const yaml = poolOf([backend.url], `    protocol: h2c\nserver: { http2: { h2c: true } }\n${byHeader()}`);
  const traffic = await startTraffic(yaml);
  t.after(() => traffic.close());
  const { status, trailers } = await askHttp2(dialHttp2(t, traffic.port), '/');
  assert.deepEqual([status, trailers['x-request-cost']], [200, '33']);
  await eventually('it is settled', () => CAPACITY - balance(traffic) === 33);
});

test('the shape of each model API is read as a stream that passes in pieces', async (t) => {
  const { body } = MODEL_ANSWERS['OpenAI chat completions'].stream;
  const { ask, used } = await start(t, byJson(TOTAL), (_request, socket) => {
    socket.setNoDelay(true);
    socket.write(STREAM_HEAD);
    const bytes = Buffer.from(body);
    let at = 0;
    const next = (): void => {
      if (at >= bytes.length) return void socket.end();
      socket.write(bytes.subarray(at, (at += 7)), () => setImmediate(next));
    };
    next();
  });
  assert.match(await ask('/'), /^HTTP\/1\.1 200 /);
  assert.equal(used(), 29);
});
