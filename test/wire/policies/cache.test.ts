import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { decoded, parted } from '../../support/decoded-body.ts';
import { eventually } from '../../support/eventually.ts';
import { askHttp2, dialHttp2 } from '../../support/http2-client.ts';
import { type PolicyWorld, startPolicyWorld } from '../../support/policy-world.ts';
import { RawClient, rawResponse } from '../../support/raw-socket.ts';

/** What a backend answers: fields, and perhaps a status and a body. */
interface Given {
  readonly fields?: readonly string[];
  readonly head?: string;
  readonly body?: string;
}

const fieldOf = (answer: string, name: string): string | undefined =>
  new RegExp(`\r\n${name}: ([^\r]*)`, 'i').exec(parted(answer).head)?.[1];
const statusOf = (answer: string): number => Number(answer.slice(9, 12));
const bodyOf = (answer: string): string => parted(answer).body;
const isHit = (answer: string): boolean => /cache-status: sluice; hit/.test(answer);

/** The backend's n-th answer is the n-th of these, and then the last again. Bodies without one are numbers. */
function start(t: TestContext, cache: string, answers: readonly Given[]): Promise<PolicyWorld> {
  let count = 0;
  return startPolicyWorld(t, `- { name: api, pool: default, cache: { ${cache} } }`, (request, socket) => {
    const { fields = [], head = '200 OK', body = String(count) } = answers[Math.min(count, answers.length - 1)]!;
    count += 1;
    const answer = rawResponse(head.startsWith('304') ? '' : body, head, fields);
    socket.write(request.startsWith('HEAD') || head.startsWith('304') ? `${parted(answer).head}\r\n` : answer);
  });
}

const FRESH = { fields: ['Cache-Control: max-age=60'] };
const NO_AGE = 'Date: Thu, 01 Jan 2099 00:00:00 GMT';

test('an answer is given again, with its fields, its age, and word of where it came from', async (t) => {
  const { ask, requests } = await start(t, '', [
    {
      fields: ['Cache-Control: max-age=60', 'X-A: 1', 'X-A: 2', 'Age: 7', NO_AGE, 'Content-Type: text/plain'],
      body: 'one',
    },
  ]);
  const first = await ask('/a?b=c');
  assert.equal(fieldOf(first, 'cache-status'), 'sluice; fwd=uri-miss; stored');
  const second = await ask('/a?b=c');
  assert.match(second, /^HTTP\/1\.1 200 OK\r\n/);
  assert.equal(bodyOf(second), 'one');
  assert.match(second, /\r\nX-A: 1\r\nX-A: 2\r\n/);
  assert.match(fieldOf(second, 'age')!, /^[78]$/);
  assert.match(fieldOf(second, 'cache-status')!, /^sluice; hit; ttl=5[123]$/);
  assert.equal(fieldOf(second, 'content-length'), '3');
  assert.equal(fieldOf(second, 'date'), NO_AGE.slice(6));
  assert.notEqual(fieldOf(second, 'x-request-id'), fieldOf(first, 'x-request-id'));
  assert.equal(requests.length, 1);
});

test('what says nothing about its lifetime is stored only with default_ttl, and not for requests with cookies', async (t) => {
  const none = await start(t, '', [{}]);
  await none.ask('/');
  assert.equal(bodyOf(await none.ask('/')), '1');
  const some = await start(t, 'default_ttl: 1h', [{}]);
  await some.ask('/cookie', ['Cookie: session=1']);
  assert.equal(bodyOf(await some.ask('/cookie')), '1');
  assert.ok(isHit(await some.ask('/cookie')));
  assert.ok(isHit(await some.ask('/cookie', ['Cookie: session=1'])));
});

test('what must not be shared is not stored', async (t) => {
  const secret = ['Authorization: Bearer x', 'X-API-Key: k', 'X-Client-Id: c'];
  const cases: readonly (readonly [request: readonly string[], answer: readonly string[]])[] = [
    [[], ['Cache-Control: max-age=60, private']],
    [[], ['Cache-Control: max-age=60, no-store']],
    [[], ['Cache-Control: max-age=60', 'Set-Cookie: a=b']],
    [[], ['Cache-Control: max-age=60', 'Vary: *']],
    [[], ['Cache-Control: max-age=60', 'Vary: X-Forwarded-For']],
    [[], ['Cache-Control: max-age=60', 'Content-Type: text/event-stream']],
    ...secret.map((field) => [[field], ['Cache-Control: max-age=60']] as const),
    [['Cache-Control: no-store'], ['Cache-Control: max-age=60']],
  ];
  for (const [request, answer] of cases) {
    const { ask, requests } = await start(t, '', [{ fields: answer }]);
    await ask('/', request);
    await ask('/', request);
    assert.equal(requests.length, 2, `${request.join()} ${answer.join()}`);
  }
  const allowed = await start(t, '', [{ fields: ['Cache-Control: max-age=60, public'] }]);
  await allowed.ask('/', secret);
  assert.ok(isHit(await allowed.ask('/', secret)));
  const cookies = await start(t, 'store_set_cookie: true', [
    { fields: ['Cache-Control: max-age=60', 'Set-Cookie: a=b'] },
  ]);
  await cookies.ask('/');
  assert.equal(fieldOf(await cookies.ask('/'), 'set-cookie'), 'a=b');
});

test('a GET with a body is neither stored nor answered from the cache', async (t) => {
  const { ask, requests } = await start(t, '', [FRESH]);
  await ask('GET /', [], 'fat');
  await ask('GET /');
  const fat = await ask('GET /', [], 'fat');
  assert.equal(fieldOf(fat, 'cache-status'), 'sluice; fwd=bypass');
  assert.equal(requests.length, 3);
});

test('HEAD is answered from a stored GET, without its body', async (t) => {
  const { ask, requests } = await start(t, '', [{ ...FRESH, body: 'four' }]);
  await ask('HEAD /');
  await ask('GET /');
  const head = await ask('HEAD /');
  assert.ok(isHit(head));
  assert.equal(fieldOf(head, 'content-length'), '4');
  assert.equal(bodyOf(head), '');
  assert.equal(requests.length, 2);
});

test('conditions of clients are answered from the cache', async (t) => {
  const { ask, requests } = await start(t, '', [
    {
      fields: [
        'Cache-Control: max-age=60',
        'ETag: "v1"',
        'Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT',
        'Content-Type: text/plain',
        'X-A: 1',
      ],
    },
  ]);
  await ask('/');
  for (const condition of [
    'If-None-Match: "v1"',
    'If-None-Match: "v0", W/"v1"',
    'If-None-Match: *',
    'If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT',
    'If-Modified-Since: Sunday, 06-Nov-94 08:49:38 GMT',
  ]) {
    const answer = await ask('/', [condition]);
    assert.equal(statusOf(answer), 304, condition);
    assert.equal(fieldOf(answer, 'etag'), '"v1"');
    assert.equal(fieldOf(answer, 'x-a'), '1');
    assert.equal(fieldOf(answer, 'content-type'), undefined);
    assert.equal(bodyOf(answer), '');
  }
  for (const condition of [
    'If-None-Match: "v2"',
    'If-None-Match: "v2"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT',
    'If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT',
    'If-Modified-Since: yesterday',
  ]) {
    assert.equal(statusOf(await ask('/', [condition])), 200, condition);
  }
  assert.equal(requests.length, 1);
});

test('a part is cut out of a stored answer; one that is not stored passes, and is not stored', async (t) => {
  const part = {
    head: '206 Partial Content',
    fields: ['Cache-Control: max-age=60', 'Content-Range: bytes 0-1/10'],
    body: '01',
  };
  const whole = { fields: ['Cache-Control: max-age=60', 'ETag: "v1"'], body: '0123456789' };
  const { ask, requests } = await start(t, '', [part, part, whole]);
  await ask('/', ['Range: bytes=0-1']);
  assert.equal(statusOf(await ask('/', ['Range: bytes=0-1'])), 206);
  await ask('/');
  const middle = await ask('/', ['Range: bytes=3-5']);
  assert.equal(statusOf(middle), 206);
  assert.equal(fieldOf(middle, 'content-range'), 'bytes 3-5/10');
  assert.equal(bodyOf(middle), '345');
  assert.equal(statusOf(await ask('/', ['Range: bytes=10-'])), 416);
  assert.equal(bodyOf(await ask('/', ['Range: bytes=0-1,3-4'])), '0123456789');
  assert.equal(bodyOf(await ask('/', ['Range: bytes=0-1', 'If-Range: "v1"'])), '01');
  assert.equal(bodyOf(await ask('/', ['Range: bytes=0-1', 'If-Range: "v0"'])), '0123456789');
  assert.equal(requests.length, 3);
});

test('Vary keeps answers apart, and white space around commas does not', async (t) => {
  const { ask, requests } = await start(t, '', [
    { fields: ['Cache-Control: max-age=60', 'Vary: Accept-Language, Accept-Encoding'] },
  ]);
  await ask('/', ['Accept-Language: de, en']);
  const other = await ask('/', ['Accept-Language: en']);
  assert.equal(fieldOf(other, 'cache-status'), 'sluice; fwd=vary-miss; stored');
  await ask('/');
  assert.equal(bodyOf(await ask('/', ['Accept-Language: de,en'])), '0');
  assert.equal(bodyOf(await ask('/', ['Accept-Language: en'])), '1');
  assert.equal(bodyOf(await ask('/')), '2');
  assert.equal(requests.length, 3);
});

test('what a request demands of the cache holds', async (t) => {
  const { ask, requests } = await start(t, '', [{ fields: ['Cache-Control: max-age=60', 'Age: 30'] }]);
  const refused = await ask('/', ['Cache-Control: only-if-cached']);
  assert.equal(statusOf(refused), 504);
  assert.match(refused, /GW_NOT_CACHED/);
  await ask('/');
  assert.ok(isHit(await ask('/', ['Cache-Control: only-if-cached'])));
  assert.ok(isHit(await ask('/', ['Cache-Control: max-age=40'])));
  assert.ok(isHit(await ask('/', ['Cache-Control: min-fresh=20'])));
  assert.equal(requests.length, 1);
  for (const demand of [
    'Cache-Control: max-age=20',
    'Cache-Control: min-fresh=40',
    'Cache-Control: no-cache',
    'Pragma: no-cache',
  ]) {
    const answer = await ask('/', [demand]);
    assert.match(fieldOf(answer, 'cache-status')!, /^sluice; fwd=request/, demand);
  }
  assert.equal(requests.length, 5);
});

test('a stale answer is checked with its own validators, and a 304 renews it', async (t) => {
  const stale = ['Cache-Control: max-age=10', 'Age: 20', 'ETag: "v1"', 'X-A: 1', 'X-B: 1'];
  const { ask, requests } = await start(t, '', [
    { fields: stale, body: 'kept' },
    { head: '304 Not Modified', fields: ['Cache-Control: max-age=60', 'ETag: "v1"', 'X-B: 2'] },
  ]);
  await ask('/');
  const answer = await ask('/', ['If-None-Match: "mine"']);
  assert.equal(statusOf(answer), 200);
  assert.equal(bodyOf(answer), 'kept');
  assert.match(fieldOf(answer, 'cache-status')!, /^sluice; fwd=stale; fwd-status=304/);
  assert.match(requests[1]!, /if-none-match: "v1"/);
  assert.doesNotMatch(requests[1]!, /mine/);
  const again = await ask('/');
  assert.ok(isHit(again));
  assert.equal(fieldOf(again, 'x-a'), '1');
  assert.equal(fieldOf(again, 'x-b'), '2');
  assert.equal(fieldOf(again, 'age'), '0');
  assert.equal(statusOf(await ask('/', ['If-None-Match: "v1"'])), 304);
  assert.equal(requests.length, 2);
});

test('a stale answer that has changed is replaced', async (t) => {
  const { ask, requests } = await start(t, '', [
    { fields: ['Cache-Control: max-age=10', 'Age: 20', 'ETag: "v1"'] },
    { fields: ['Cache-Control: max-age=60', 'ETag: "v2"'] },
  ]);
  await ask('/');
  assert.equal(bodyOf(await ask('/')), '1');
  assert.equal(bodyOf(await ask('/')), '1');
  assert.equal(requests.length, 2);
});

test('within stale-while-revalidate the stale answer is given, and a new one is fetched once', async (t) => {
  const { ask, requests } = await start(t, '', [
    { fields: ['Cache-Control: max-age=10, stale-while-revalidate=100', 'Age: 20'] },
    { fields: ['Cache-Control: max-age=60'] },
  ]);
  await ask('/', ['Accept: text/plain']);
  const stale = await ask('/', ['Accept: text/plain']);
  assert.equal(bodyOf(stale), '0');
  assert.match(fieldOf(stale, 'cache-status')!, /^sluice; hit; ttl=-1[01]$/);
  // Stored as soon as it has come.
  await eventually('the new one is there', async () => bodyOf(await ask('/')) === '1');
  assert.equal(requests.length, 2);
  assert.match(requests[1]!, /^GET \/ HTTP\/1\.1\r\n[^]*Accept: text\/plain/);
});

test('within stale-if-error the stale answer replaces a failure: a status, and no answer at all', async (t) => {
  const stale = { fields: ['Cache-Control: max-age=10, stale-if-error=100', 'Age: 20'], body: 'old' };
  const { ask, tables } = await start(t, '', [stale, { head: '500 Internal Server Error' }]);
  await ask('/');
  const answer = await ask('/');
  assert.equal(statusOf(answer), 200);
  assert.equal(bodyOf(answer), 'old');
  assert.match(fieldOf(answer, 'cache-status')!, /^sluice; hit; detail=error/);
  assert.equal(tables.metrics.cache().stale, 1);

  let isGone = false;
  const gone = await startPolicyWorld(
    t,
    '- { name: api, pool: default, cache: { stale_if_error: 1h } }',
    (_, socket) => {
      if (isGone) socket.destroy();
      else socket.write(rawResponse('old', '200 OK', ['Cache-Control: max-age=10', 'Age: 20', 'ETag: "v1"']));
    },
  );
  await gone.ask('/');
  isGone = true;
  assert.equal(bodyOf(await gone.ask('/')), 'old');
});

test('without stale-if-error a failure is passed on, and what is stored stays', async (t) => {
  const stale = { fields: ['Cache-Control: max-age=10', 'Age: 20', 'ETag: "v1"'], body: 'old' };
  const { ask } = await start(t, '', [
    stale,
    { head: '500 Internal Server Error' },
    { head: '304 Not Modified', fields: ['ETag: "v1"', 'Age: 0', 'Cache-Control: max-age=60'] },
  ]);
  await ask('/');
  assert.equal(statusOf(await ask('/')), 500);
  assert.equal(bodyOf(await ask('/')), 'old');
});

test('unsafe methods invalidate their URL and those that the answer names, on the same host only', async (t) => {
  const changed = { head: '201 Created', fields: ['Location: /made?x', 'Content-Location: http://other.test/other'] };
  const { ask, requests } = await start(t, '', [FRESH, FRESH, FRESH, FRESH, changed, FRESH]);
  const paths = ['/a', '/a?b', '/made', '/other'];
  for (const path of paths) await ask(path);
  assert.equal(fieldOf(await ask('POST /a', [], 'x'), 'cache-status'), 'sluice; fwd=method');
  assert.ok(isHit(await ask('/other')));
  for (const path of paths.slice(0, 3)) assert.ok(!isHit(await ask(path)), path);
  assert.equal(requests.length, 8);
});

test('an unsafe method that fails invalidates nothing', async (t) => {
  const { ask } = await start(t, '', [FRESH, { head: '404 Not Found' }]);
  await ask('/a');
  await ask('DELETE /a');
  assert.ok(isHit(await ask('/a')));
});

test('an answer that was on its way during a change is not stored', async (t) => {
  const answers: (() => void)[] = [];
  const { ask } = await startPolicyWorld(t, '- { name: api, pool: default, cache: {} }', (request, socket) => {
    const answer = (): void => void socket.write(rawResponse('x', '200 OK', ['Cache-Control: max-age=60']));
    if (request.startsWith('GET')) answers.push(answer);
    else answer();
  });
  const old = ask('/');
  await eventually('it is on its way', () => answers.length === 1);
  await ask('PUT /', [], 'new');
  answers[0]!();
  await old;
  const next = ask('/');
  await eventually('the backend is asked again', () => answers.length === 2);
  answers[1]!();
  await next;
  assert.ok(isHit(await ask('/')));
});

test('incomplete answers are not stored, nor those whose end is merely that of the connection', async (t) => {
  const heads = ['Content-Length: 100', 'Transfer-Encoding: chunked', 'X-None: 1'];
  for (const head of heads) {
    const { ask, requests } = await startPolicyWorld(t, '- { name: api, pool: default, cache: {} }', (_, socket) => {
      socket.end(`HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n${head}\r\n\r\n5\r\nshort\r\n`);
    });
    await ask('/');
    await ask('/');
    assert.equal(requests.length, 2, head);
  }
});

test('a chunked answer is stored, and one with trailers is not', async (t) => {
  for (const [trailers, asked] of [
    ['', 1],
    ['X-Sum: 1\r\n', 2],
  ] as const) {
    const { ask, requests } = await startPolicyWorld(
      t,
      '- { name: api, pool: default, cache: {} }',
      `HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n${trailers}\r\n`,
    );
    await ask('/');
    const second = await ask('/');
    assert.equal(requests.length, asked);
    if (asked === 1) assert.equal(bodyOf(second), 'hello');
  }
});

test('bodies above max_entry_bytes are not stored, whether their length is known or not', async (t) => {
  for (const coding of ['length', 'chunks']) {
    const world = await startPolicyWorld(
      t,
      '- { name: api, pool: default, cache: { max_entry_bytes: 4 } }',
      (request, socket) => {
        const body = 'x'.repeat(Number(/\/(\d)/.exec(request)![1]));
        const chunks = `HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n${body.length}\r\n${body}\r\n0\r\n\r\n`;
        socket.write(coding === 'chunks' ? chunks : rawResponse(body, '200 OK', ['Cache-Control: max-age=60']));
      },
    );
    for (const path of ['/4', '/5', '/4', '/5']) await world.ask(path);
    assert.equal(world.requests.length, 3);
    assert.equal(world.tables.metrics.cache().stores, 1);
  }
});

test('a stored answer is compressed for each client, and the rules of the route apply to it', async (t) => {
  const body = 'sluice '.repeat(500);
  const { ask, requests } = await startPolicyWorld(
    t,
    '- { name: api, pool: default, cache: {}, compression: {}, response_headers: { set: { x-a: "{request_id}" } } }',
    rawResponse(body, '200 OK', ['Cache-Control: max-age=60', 'Content-Type: text/plain', 'ETag: "v1"']),
  );
  await ask('/');
  const answer = await ask('/', ['Accept-Encoding: br']);
  assert.equal(decoded('br', Buffer.from(bodyOf(answer), 'latin1')), body);
  assert.equal(fieldOf(answer, 'etag'), 'W/"v1"');
  assert.equal(fieldOf(answer, 'x-a'), fieldOf(answer, 'x-request-id'));
  assert.equal(bodyOf(await ask('/')), body);
  assert.equal(statusOf(await ask('/', ['Accept-Encoding: br', 'If-None-Match: W/"v1"'])), 304);
  assert.equal(requests.length, 1);
});

test('clients of HTTP/2 get stored answers', async (t) => {
  const { port } = await startPolicyWorld(
    t,
    'server: { http2: { h2c: true } }\nroutes: [{ name: api, pool: default, cache: {} }]\n',
    rawResponse('x'.repeat(200_000), '200 OK', ['Cache-Control: max-age=60']),
  );
  const session = dialHttp2(t, port);
  await askHttp2(session, '/');
  const answer = await askHttp2(session, '/');
  assert.match(String(answer.headers['cache-status']), /hit/);
  assert.equal(answer.body.length, 200_000);
});

test('hits cost tokens, and are counted and logged', async (t) => {
  const { ask, tables, logged } = await startPolicyWorld(
    t,
    'rate_limit: { default: { capacity: 2, rate_per_second: 0.01 } }\nroutes: [{ name: api, pool: default, cache: {} }]\n',
    rawResponse('x', '200 OK', ['Cache-Control: max-age=60']),
  );
  await ask('/');
  assert.ok(isHit(await ask('/')));
  assert.equal(statusOf(await ask('/')), 429);
  assert.equal((await logged((line) => line['cache'] === 'hit'))['status'], 200);
  const { hits, misses, stores, bytes } = tables.metrics.cache();
  assert.deepEqual([hits, misses, stores], [1, 1, 1]);
  assert.ok(bytes > 1000);
});

test('each route has its counts, and its bytes until it is gone', async (t) => {
  const routes = (more: string): string =>
    `routes:\n- { name: api, pool: default, cache: {} }\n- { name: img, path_prefix: /img, pool: default, cache: {} ${more} }\n`;
  const world = await startPolicyWorld(t, routes(''), rawResponse('x', '200 OK', ['Cache-Control: max-age=60']));
  const of = (at: number) => world.tables.metrics.routeCache(world.snapshot.routes[at]!.index);
  for (const target of ['/', '/', '/img/a', 'POST /img/b']) await world.ask(target);
  await world.ask('/img/a', ['Cache-Control: no-store']);
  const { bytes, ...counts } = of(0);
  const none = { hits: 0, revalidated: 0, stale: 0, misses: 0, bypasses: 0, stores: 0, evictions: 0 };
  assert.deepEqual(counts, { ...none, hits: 1, misses: 1, stores: 1 });
  const { bytes: images, ...others } = of(1);
  assert.deepEqual(others, { ...none, misses: 1, bypasses: 2, stores: 1 });
  assert.equal(bytes + images, world.tables.metrics.cache().bytes);
  assert.ok(bytes > 0 && images > 0);
  const changed = world.snapshot.routes.map((route) =>
    route.settings.name === 'img' ? { ...route, settings: { ...route.settings, cache: null } } : route,
  );
  world.thread.handle({ type: 'snapshot', id: 5, snapshot: { ...world.snapshot, routes: changed } });
  await eventually('it applies', () => of(1).bytes === 0);
  assert.deepEqual([of(0).bytes, world.tables.metrics.cache().bytes], [bytes, bytes]);
});

test('a reload keeps what is stored, unless the route changes', async (t) => {
  const { ask, thread, snapshot, messages } = await start(t, '', [FRESH]);
  await ask('/');
  const apply = (version: number, maxBodyBytes: number | null): void => {
    const routes = snapshot.routes.map((route) => ({ ...route, settings: { ...route.settings, maxBodyBytes } }));
    thread.handle({ type: 'snapshot', id: version, snapshot: { ...snapshot, version, routes } });
    assert.ok(messages.some((message) => message.type === 'ack' && message.id === version));
  };
  apply(2, null);
  assert.ok(isHit(await ask('/')));
  apply(3, 10);
  assert.ok(!isHit(await ask('/')));
});

test('an upgrade passes by the cache', async (t) => {
  const { port } = await startPolicyWorld(t, '- { name: api, pool: default, cache: {} }', (_, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\nCache-Control: max-age=60\r\n\r\n',
    );
  });
  for (let count = 0; count < 2; count += 1) {
    const client = new RawClient(port).send(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n',
    );
    await client.until('101 Switching');
    client.destroy();
  }
});
