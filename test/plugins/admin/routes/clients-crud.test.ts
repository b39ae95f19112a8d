import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import Fastify, { type FastifyInstance, type InjectOptions, type LightMyRequestResponse } from 'fastify';
import fp from 'fastify-plugin';
import clientsCrud from '../../../../plugins/admin/routes/limits/clients-crud.ts';
import errors, { adminServerOptions } from '../../../../plugins/admin/base/error-answers.ts';
import preconditions from '../../../../plugins/admin/base/preconditions.ts';
import schemas from '../../../../plugins/admin/base/schemas.ts';
import { ERRORS, GatewayError, type ErrorBody, type ErrorCode } from '../../../../src/errors.ts';
import { FakeRegistry } from '../../../support/fake-registry.ts';
import { MemoryClientStore } from '../../../support/memory-client-store.ts';

const DEFAULT_LIMIT = {
  algorithm: 'token-bucket',
  capacity: 100,
  ratePerSecond: 10,
  windowSeconds: null,
} as const;
const BASE = '/v1/api/clients';

interface Api {
  readonly app: FastifyInstance;
  readonly store: MemoryClientStore;
  readonly registry: FakeRegistry;
  send(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
}

async function start(t: TestContext): Promise<Api> {
  const app = Fastify(adminServerOptions);
  const [store, registry] = [new MemoryClientStore(), new FakeRegistry()];
  await app.register(errors);
  await app.register(schemas);
  await app.register(preconditions);
  // No audit log here: dependencies.test.ts shows that clients-crud comes after it.
  await app.register(fp(async () => undefined, { name: 'audit' }));
  await app.register(clientsCrud, { store, registry, defaultLimit: () => DEFAULT_LIMIT });
  t.after(() => app.close());
  return {
    app,
    store,
    registry,
    send: (method, url, body, headers = {}) =>
      app.inject({
        method: method as NonNullable<InjectOptions['method']>,
        url,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
  };
}

function assertError(answer: LightMyRequestResponse, error: ErrorCode): ErrorBody {
  const body = answer.json<ErrorBody>();
  assert.equal(body.error, error, answer.body);
  assert.equal(answer.statusCode, ERRORS[error][0]);
  assert.equal(body.code, answer.statusCode);
  assert.ok(body.message.length > 0 && body.request_id.length > 0);
  assert.equal(body.docs, `docs/errors.md#${error.toLowerCase()}`);
  return body;
}

function fieldsOf(body: ErrorBody): string[] {
  return (body.details ?? []).map((problem) => problem.field).toSorted();
}

describe('POST /v1/api/clients', () => {
  it('creates a client, returns its location, and has applied it', async (t) => {
    const { send, registry } = await start(t);
    const answer = await send('POST', BASE, {
      ip_address: '10.1.2.3/8',
      capacity: 5,
      rate_per_second: 0.5,
      name: 'Büro',
    });
    assert.equal(answer.statusCode, 201);
    assert.equal(answer.headers.location, `${BASE}/10.0.0.0%2F8`);
    assert.equal(answer.headers.etag, '"1"');
    const { created_at, updated_at, ...rest } = answer.json();
    assert.deepEqual(rest, {
      id: '10.0.0.0/8',
      key: '10.0.0.0/8',
      ip_address: '10.0.0.0/8',
      name: 'Büro',
      algorithm: 'token-bucket',
      capacity: 5,
      rate_per_second: 0.5,
      window_seconds: null,
      enabled: true,
      quotas: { day: null, month: null },
      has_api_key: false,
      version: 1,
    });
    assert.equal(new Date(created_at).toISOString(), created_at);
    assert.equal(updated_at, created_at);
    assert.equal(registry.live.get('10.0.0.0/8')?.capacity, 5);
  });

  it('uses the default limit for missing values', async (t) => {
    const { send } = await start(t);
    const { capacity, rate_per_second, name } = (await send('POST', BASE, { client_id: 'user1' })).json();
    assert.deepEqual({ capacity, rate_per_second, name }, { capacity: 100, rate_per_second: 10, name: null });
  });

  it('takes quotas, which a patch changes one by one and a replacement as a whole', async (t) => {
    const { send, registry } = await start(t);
    const [path, limit] = [`${BASE}/user1`, { capacity: 1, rate_per_second: 1 }];
    const quotas = async (method: string, url: string, body: object): Promise<unknown> =>
      (await send(method, url, body)).json().quotas;
    const created = await quotas('POST', BASE, { client_id: 'user1', quotas: { day: 10 } });
    assert.deepEqual(created, { day: 10, month: null });
    assert.deepEqual(await quotas('PATCH', path, { quotas: { month: 20 } }), { day: 10, month: 20 });
    assert.equal(registry.live.get('user1')!.quotaMonth, 20);
    assert.deepEqual(await quotas('PATCH', path, { quotas: { day: null } }), { day: null, month: 20 });
    assert.deepEqual(await quotas('PATCH', path, { name: 'x' }), { day: null, month: 20 });
    assert.deepEqual(await quotas('PUT', path, (await send('GET', path)).json()), { day: null, month: 20 });
    assert.deepEqual(await quotas('PUT', path, { ...limit, quotas: { day: 5 } }), { day: 5, month: null });
    assert.deepEqual(await quotas('PATCH', path, { quotas: null }), { day: null, month: null });
    await send('PATCH', path, { quotas: { day: 5 } });
    assert.deepEqual(await quotas('PUT', path, limit), { day: null, month: null });
    for (const wrong of [{ day: 0 }, { day: 1.5 }, { month: 1e9 + 1 }, { week: 1 }, { day: '5' }, 5]) {
      const { details } = assertError(await send('PATCH', path, { quotas: wrong }), 'GW_VALIDATION');
      assert.match(details![0]!.field, /^quotas/);
    }
  });

  it('accepts rate_per_sec as rate_per_second, also with the same value twice, not with two values', async (t) => {
    const { send } = await start(t);
    assert.equal((await send('POST', BASE, { client_id: 'a', rate_per_sec: 3 })).json().rate_per_second, 3);
    const twice = await send('POST', BASE, { client_id: 'b', rate_per_sec: 3, rate_per_second: 3 });
    assert.equal(twice.json().rate_per_second, 3);
    const differing = await send('POST', BASE, { client_id: 'c', rate_per_sec: 3, rate_per_second: 4 });
    assert.match(assertError(differing, 'GW_VALIDATION').details![0]!.message, /alias rate_per_sec differ/);
  });

  it('gives one key to all spellings of an address, and refuses the second one', async (t) => {
    const { send } = await start(t);
    const spellings: [string, string[]][] = [
      ['127.0.0.1', ['127.0.0.1', '127.0.0.1/32', '::ffff:127.0.0.1']],
      ['2001:db8::1', ['2001:DB8:0:0::1', '2001:db8::1/128']],
      ['2001:db8::/32', ['2001:db8::/32', '2001:db8:ffff::/32']],
    ];
    for (const [key, [first, ...others]] of spellings) {
      assert.equal((await send('POST', BASE, { ip_address: first })).json().key, key);
      for (const other of others) assertError(await send('POST', BASE, { ip_address: other }), 'GW_CLIENT_EXISTS');
    }
  });

  it('shows an API key once and stores its SHA-256', async (t) => {
    const { send, store } = await start(t);
    const answer = await send('POST', BASE, { client_id: 'a', api_key: true });
    const { api_key, has_api_key } = answer.json();
    assert.match(api_key, /^slk_[\w-]{43}$/);
    assert.equal(has_api_key, true);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal((await store.get('a'))!.apiKeyHash, createHash('sha256').update(api_key).digest('hex'));
    const read = await send('GET', `${BASE}/a`);
    assert.ok(!read.body.includes('slk_') && !read.body.includes('apiKeyHash'));
    assert.equal(read.json().has_api_key, true);
    assert.ok(!(await send('GET', BASE)).body.includes('slk_'));
  });

  it('names every wrong field and what is allowed', async (t) => {
    const { send } = await start(t);
    const body = {
      ip_address: '300.1.1.1',
      capacity: 0,
      rate_per_second: '5',
      name: 7,
      enabled: 'yes',
      api_key: 1,
      x: 1,
    };
    const { details } = assertError(await send('POST', BASE, body), 'GW_VALIDATION');
    assert.deepEqual(Object.fromEntries(details!.map(({ field, message }) => [field, message])), {
      ip_address: 'must be an IPv4 or IPv6 address, or a CIDR block such as 10.0.0.0/8, found "300.1.1.1"',
      capacity: 'must be a number from 1 to 1000000000, found 0',
      rate_per_second: 'must be a number above 0, up to 1000000, found "5"',
      name: 'must be text without control characters, at most 200 characters or null, found 7',
      enabled: 'must be true or false, found "yes"',
      api_key: 'must be true or false, found 1',
      x: 'is not a known field; known: ip_address, client_id, capacity, rate_per_second, rate_per_sec, algorithm, window_seconds, name, enabled, quotas, api_key',
    });
  });

  it('requires exactly one of ip_address and client_id', async (t) => {
    const { send } = await start(t);
    for (const body of [{}, { ip_address: '127.0.0.1', client_id: 'a' }]) {
      assert.deepEqual(assertError(await send('POST', BASE, body), 'GW_VALIDATION').details, [
        { field: 'body', message: 'give exactly one of ip_address and client_id' },
      ]);
    }
  });

  it('takes the limits of each range, and nothing beyond them', async (t) => {
    const { send } = await start(t);
    for (const [at, good] of [
      { capacity: 1 },
      { capacity: 1e9, rate_per_second: 100 },
      { rate_per_second: 1e6 },
      { capacity: 1, rate_per_second: 1e-7 },
    ].entries()) {
      assert.equal((await send('POST', BASE, { client_id: `good-${at}`, ...good })).statusCode, 201);
    }
    for (const bad of [
      '"capacity":0.5',
      '"capacity":1000000001',
      '"capacity":1e400',
      '"capacity":null',
      '"capacity":-1e400',
    ]) {
      const answer = await send('POST', BASE, `{"client_id":"bad",${bad}}`);
      assert.deepEqual(fieldsOf(assertError(answer, 'GW_VALIDATION')), ['capacity'], bad);
    }
    for (const bad of ['0', '-1', '1000001', '1e400', 'null']) {
      const answer = await send('POST', BASE, `{"client_id":"bad","rate_per_second":${bad}}`);
      assert.deepEqual(fieldsOf(assertError(answer, 'GW_VALIDATION')), ['rate_per_second'], bad);
    }
    for (const bad of ['NaN', 'Infinity', '01']) {
      assertError(await send('POST', BASE, `{"client_id":"bad","capacity":${bad}}`), 'GW_BAD_JSON');
    }
  });

  it('refuses a client id that is an address, is too long, or has anything but visible ASCII', async (t) => {
    const { send } = await start(t);
    const bad = [
      '',
      'a b',
      'ä',
      'a\u0000b',
      'x'.repeat(129),
      '127.0.0.1',
      '10.0.0.0/8',
      '::1',
      '2001:db8::/32',
      '.',
      '..',
    ];
    for (const client_id of bad) {
      const body = assertError(await send('POST', BASE, { client_id }), 'GW_VALIDATION');
      assert.deepEqual(fieldsOf(body), ['client_id'], client_id);
    }
    assert.equal((await send('POST', BASE, { client_id: '!'.repeat(128) })).statusCode, 201);
  });

  it('refuses an invalid address', async (t) => {
    const { send } = await start(t);
    for (const ip_address of [
      '',
      'localhost',
      '10.0.0',
      '010.0.0.1',
      '10.0.0.0/33',
      '::1/129',
      'fe80::1%eth0',
      '1.2.3.4/',
    ]) {
      assertError(await send('POST', BASE, { ip_address }), 'GW_VALIDATION');
    }
  });

  it('refuses anything but a JSON object, each with its own error', async (t) => {
    const { send } = await start(t);
    for (const body of ['{', '', '{"a":1,}', "{'a':1}", '{"__proto__":{"x":1}}']) {
      assertError(await send('POST', BASE, body), 'GW_BAD_JSON');
    }
    for (const body of ['[]', '"text"', '1', 'null']) {
      assert.deepEqual(fieldsOf(assertError(await send('POST', BASE, body), 'GW_VALIDATION')), ['body'], body);
    }
    assertError(await send('POST', BASE), 'GW_VALIDATION');
    assertError(
      await send('POST', BASE, 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }),
      'GW_UNSUPPORTED_MEDIA_TYPE',
    );
    assertError(await send('POST', BASE, '{}', { 'content-type': 'text/plain' }), 'GW_UNSUPPORTED_MEDIA_TYPE');
  });

  it('refuses a body of 2 MiB', async (t) => {
    const { send } = await start(t);
    assertError(await send('POST', BASE, { client_id: 'a', name: 'x'.repeat(2 * 1024 * 1024) }), 'GW_BODY_TOO_LARGE');
  });

  it('answers only when every thread has it', async (t) => {
    const { send, registry } = await start(t);
    const { promise, resolve } = Promise.withResolvers<void>();
    registry.held = promise;
    let isAnswered = false;
    const answering = send('POST', BASE, { client_id: 'a' }).then(() => (isAnswered = true));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    assert.equal(isAnswered, false);
    resolve();
    await answering;
  });

  it('does not store a client that cannot be applied', async (t) => {
    const { send, registry, store } = await start(t);
    registry.fails = new GatewayError('GW_CLIENT_TABLE_FULL');
    assertError(await send('POST', BASE, { client_id: 'a' }), 'GW_CLIENT_TABLE_FULL');
    assert.equal(await store.get('a'), undefined);
  });
});

describe('GET /v1/api/clients', () => {
  async function withFive(t: TestContext): Promise<Api> {
    const api = await start(t);
    for (const ip of ['10.0.0.1', '10.0.0.2', '10.0.0.0/8']) await api.send('POST', BASE, { ip_address: ip });
    await api.send('POST', BASE, { client_id: 'alice', enabled: false });
    await api.send('POST', BASE, { client_id: 'bob', name: '100% Bob' });
    return api;
  }

  const ids = (answer: LightMyRequestResponse): string[] => answer.json<{ id: string }[]>().map(({ id }) => id);

  it('answers a plain array, with and without a final slash', async (t) => {
    const { send } = await withFive(t);
    for (const url of [BASE, `${BASE}/`]) {
      const answer = await send('GET', url);
      assert.equal(answer.statusCode, 200);
      assert.deepEqual(ids(answer), ['10.0.0.0/8', '10.0.0.1', '10.0.0.2', 'alice', 'bob']);
      assert.equal(answer.headers['x-total-count'], '5');
      assert.equal(answer.headers.link, undefined);
      const { id, ip_address, capacity, rate_per_second } = answer.json()[1];
      assert.deepEqual([id, ip_address, capacity, rate_per_second], ['10.0.0.1', '10.0.0.1', 100, 10]);
    }
  });

  it('pages, with links that keep the filters and lead through all pages', async (t) => {
    const { send } = await withFive(t);
    const first = await send('GET', `${BASE}/?limit=2&kind=ip`);
    assert.equal(first.headers.link, undefined);
    let url: string | undefined = `${BASE}?limit=2&search=0`;
    const seen: string[] = [];
    while (url !== undefined) {
      const answer = await send('GET', url);
      seen.push(...ids(answer));
      url = /<([^>]+)>; rel="next"/.exec(String(answer.headers.link ?? ''))?.[1];
    }
    assert.deepEqual(seen, ['10.0.0.0/8', '10.0.0.1', '10.0.0.2', 'bob']);
    const second = await send('GET', `${BASE}?limit=2&offset=2&search=0`);
    assert.equal(second.headers.link, `<${BASE}?limit=2&offset=0&search=0>; rel="prev"`);
  });

  it('filters by kind, enabled and text', async (t) => {
    const { send } = await withFive(t);
    assert.deepEqual(ids(await send('GET', `${BASE}?kind=id`)), ['alice', 'bob']);
    assert.deepEqual(ids(await send('GET', `${BASE}?enabled=false`)), ['alice']);
    assert.deepEqual(ids(await send('GET', `${BASE}?search=${encodeURIComponent('100% b')}`)), ['bob']);
    assert.deepEqual(ids(await send('GET', `${BASE}?kind=ip&search=bob`)), []);
  });

  it('refuses invalid numbers, with their range', async (t) => {
    const { send } = await start(t);
    for (const [query, field] of [
      ['limit=Infinity', 'limit'],
      ['limit=-Infinity', 'limit'],
      ['offset=1e309', 'offset'],
      ['limit=NaN', 'limit'],
    ] as const) {
      const { details } = assertError(await send('GET', `${BASE}?${query}`), 'GW_VALIDATION');
      assert.deepEqual(
        details?.map((each) => each.field),
        [field],
      );
      assert.match(details![0]!.message, /whole number from \d+ to \d+/, query);
    }
  });

  it('names every wrong parameter', async (t) => {
    const { send } = await start(t);
    const answer = await send('GET', `${BASE}?limit=0&offset=-1&kind=dog&enabled=maybe&search=%00&page=2`);
    const { details } = assertError(answer, 'GW_VALIDATION');
    assert.deepEqual(Object.fromEntries(details!.map(({ field, message }) => [field, message])), {
      limit: 'must be a whole number from 1 to 1000, found 0',
      offset: 'must be a whole number from 0 to 1000000000, found -1',
      kind: 'must be one of ip, cidr, id, found "dog"',
      enabled: 'must be true or false, found "maybe"',
      search: 'must be text without control characters, at most 128 characters, found "\\u0000"',
      page: 'is not a known field; known: limit, offset, kind, enabled, search',
    });
    assertError(await send('GET', `${BASE}?limit=1001`), 'GW_VALIDATION');
    assertError(await send('GET', `${BASE}?limit=1&limit=2`), 'GW_VALIDATION');
  });
});

describe('/v1/api/clients/{key}', () => {
  async function withClients(t: TestContext): Promise<Api> {
    const api = await start(t);
    await api.send('POST', BASE, { ip_address: '10.0.0.0/8', name: 'Office' });
    await api.send('POST', BASE, { ip_address: '2001:db8::1' });
    for (const client_id of ['user1', 'a/b', 'a/', '100%', 'x'.repeat(128)])
      await api.send('POST', BASE, { client_id });
    return api;
  }

  it('finds a client by every form of its key', async (t) => {
    const { send } = await withClients(t);
    const forms: [string, string][] = [
      ['user1', 'user1'],
      ['user1/', 'user1'],
      ['user%31', 'user1'],
      ['10.0.0.0%2F8', '10.0.0.0/8'],
      ['10.0.0.0%2f8/', '10.0.0.0/8'],
      ['10.0.0.0/8', '10.0.0.0/8'],
      ['10.0.0.0/8/', '10.0.0.0/8'],
      ['10.9.9.9/8', '10.0.0.0/8'],
      ['2001:db8::1', '2001:db8::1'],
      ['2001%3ADB8%3A0%3A%3A1', '2001:db8::1'],
      ['2001:db8::1%2F128', '2001:db8::1'],
      ['a%2Fb', 'a/b'],
      ['a/b', 'a/b'],
      ['a%2F', 'a/'],
      ['100%25', '100%'],
      ['x'.repeat(128), 'x'.repeat(128)],
    ];
    for (const [form, key] of forms) {
      const answer = await send('GET', `${BASE}/${form}`);
      assert.equal(answer.statusCode, 200, form);
      assert.equal(answer.json().key, key, form);
    }
    const user1 = await send('GET', `${BASE}/user1`);
    assert.equal(user1.headers.etag, `"${user1.json().version}"`);
    assert.equal((await send('HEAD', `${BASE}/user1`)).statusCode, 200);
  });

  it('answers 404 for a key it does not have, by every method, also one that no client can have', async (t) => {
    const { send } = await start(t);
    for (const key of ['nobody', '9.9.9.9', '%00', '%20', 'ä', 'x'.repeat(129)]) {
      const path = `${BASE}/${encodeURI(decodeURIComponent(key))}`;
      assertError(await send('GET', path), 'GW_CLIENT_NOT_FOUND');
      assertError(await send('PUT', path, { capacity: 1, rate_per_second: 1 }), 'GW_CLIENT_NOT_FOUND');
      assertError(await send('PATCH', path, { capacity: 1 }), 'GW_CLIENT_NOT_FOUND');
      assertError(await send('DELETE', path), 'GW_CLIENT_NOT_FOUND');
    }
    assertError(
      await send('PUT', `${BASE}/nobody`, { capacity: 1, rate_per_second: 1 }, { 'if-match': '"1"' }),
      'GW_CLIENT_NOT_FOUND',
    );
  });

  it('answers 400 for a malformed percent-escape', async (t) => {
    const { send } = await start(t);
    assertError(await send('GET', `${BASE}/%zz`), 'GW_BAD_PATH');
  });

  it('PUT replaces all settings, keeps the API key, and applies them before it answers', async (t) => {
    const { send, registry } = await withClients(t);
    const before = await send('PATCH', `${BASE}/10.0.0.0%2F8`, { api_key: true, enabled: false });
    const answer = await send('PUT', `${BASE}/10.0.0.0%2F8`, { capacity: 7, rate_per_second: 2 });
    assert.equal(answer.statusCode, 200);
    const { capacity, rate_per_second, name, enabled, has_api_key, api_key, version } = answer.json();
    assert.equal(answer.headers.etag, `"${version}"`);
    assert.ok(version > before.json().version);
    assert.deepEqual(
      { capacity, rate_per_second, name, enabled, has_api_key, api_key },
      { capacity: 7, rate_per_second: 2, name: null, enabled: true, has_api_key: true, api_key: undefined },
    );
    assert.equal(registry.live.get('10.0.0.0/8')!.capacity, 7);
    assert.equal((await send('PUT', `${BASE}/user1`, { capacity: 7, rate_per_sec: 4 })).json().rate_per_second, 4);
  });

  it('a bucket that would take years to fill is refused, also when a change names only half of it', async (t) => {
    const { send, registry } = await withClients(t);
    const path = `${BASE}/user1`;
    const slow = { capacity: 1e9, rate_per_second: 1 };
    for (const answer of [
      await send('POST', BASE, { client_id: 'slow', ...slow }),
      await send('PUT', path, slow),
      await send('PATCH', path, { rate_per_second: 1e-9 }),
    ]) {
      const body = assertError(answer, 'GW_VALIDATION');
      assert.deepEqual(fieldsOf(body), ['rate_per_second']);
      assert.match(body.details![0]!.message, /^too slow for capacity \d+: .* so at least /);
    }
    assert.equal(registry.live.has('slow'), false);
  });

  it('makes a sliding window, whose rate follows from capacity and window, and a token bucket again', async (t) => {
    const { send, registry } = await start(t);
    const limit = (answer: LightMyRequestResponse): unknown[] => {
      const { algorithm, capacity, rate_per_second, window_seconds } = answer.json();
      return [algorithm, capacity, rate_per_second, window_seconds];
    };
    const body = { client_id: 'w', algorithm: 'sliding-window', capacity: 30 };
    const path = `${BASE}/w`;
    assert.deepEqual(limit(await send('POST', BASE, body)), ['sliding-window', 30, 0.5, 60]);
    assert.deepEqual(limit(await send('PATCH', path, { capacity: 60 })), ['sliding-window', 60, 1, 60]);
    assert.deepEqual(limit(await send('PATCH', path, { window_seconds: 10 })), ['sliding-window', 60, 6, 10]);
    assert.equal(registry.live.get('w')!.windowSeconds, 10);
    const again = await send('PATCH', path, { algorithm: 'token-bucket' });
    assert.deepEqual(limit(again), ['token-bucket', 60, 6, null]);
    const replaced = await send('PUT', path, { algorithm: 'sliding-window', capacity: 5, window_seconds: 2 });
    assert.deepEqual(limit(replaced), ['sliding-window', 5, 2.5, 2]);
    assert.deepEqual(limit(await send('PUT', path, { capacity: 5, rate_per_second: 1 })), ['token-bucket', 5, 1, null]);
  });

  it('a window whose average is too much for a bucket becomes none without a rate, and can be sent back', async (t) => {
    const { send, registry } = await start(t);
    const window = { algorithm: 'sliding-window', capacity: 1e9, window_seconds: 1 };
    await send('POST', BASE, { client_id: 'w', ...window });
    const path = `${BASE}/w`;
    const atCreation = await send('POST', BASE, { client_id: 'b', capacity: 1e9, rate_per_second: 1e9 });
    const { details } = assertError(await send('PATCH', path, { algorithm: 'token-bucket' }), 'GW_VALIDATION');
    assert.deepEqual(details, assertError(atCreation, 'GW_VALIDATION').details);
    const { headers, ...read } = await send('GET', path);
    assert.equal(headers.etag, '"1"', 'nothing is stored');
    assert.equal(registry.live.get('w')!.algorithm, 'sliding-window');
    const { updated_at: _, version: __, ...sent } = read.json();
    const back = await send('PUT', path, read.json());
    assert.equal(back.statusCode, 200, back.body);
    assert.partialDeepStrictEqual(back.json(), sent);
    const bucket = await send('PUT', path, { capacity: 1e9, rate_per_second: 1e9 });
    assert.deepEqual(assertError(bucket, 'GW_VALIDATION').details, details);
    const changed = await send('PATCH', path, { algorithm: 'token-bucket', rate_per_second: 1e6 });
    assert.equal(changed.statusCode, 200, changed.body);
  });

  it('a rate for a window and a window for a bucket are refused, and so are windows out of range', async (t) => {
    const { send } = await withClients(t);
    const path = `${BASE}/user1`;
    const window = { algorithm: 'sliding-window', capacity: 5 };
    for (const [answer, field] of [
      [await send('POST', BASE, { client_id: 'w', ...window, rate_per_second: 1 }), 'rate_per_second'],
      [await send('PUT', path, { ...window, rate_per_second: 1 }), 'rate_per_second'],
      [await send('PUT', path, { algorithm: 'token-bucket', capacity: 1 }), 'rate_per_second'],
      [await send('POST', BASE, { client_id: 'w', window_seconds: 10 }), 'window_seconds'],
      [await send('PATCH', path, { window_seconds: 10 }), 'window_seconds'],
      [await send('PATCH', path, { ...window, window_seconds: 0 }), 'window_seconds'],
      [await send('PATCH', path, { ...window, window_seconds: 86_401 }), 'window_seconds'],
      [await send('PATCH', path, { algorithm: 'leaky-bucket' }), 'algorithm'],
    ] as const) {
      assert.deepEqual(fieldsOf(assertError(answer, 'GW_VALIDATION')), [field], answer.body);
    }
  });

  it('PUT requires capacity and rate_per_second, and reports everything that is wrong', async (t) => {
    const { send } = await withClients(t);
    const body = assertError(await send('PUT', `${BASE}/user1`, { name: 'x' }), 'GW_VALIDATION');
    assert.deepEqual(fieldsOf(body), ['capacity', 'rate_per_second']);
    const capacity = body.details!.find(({ field }) => field === 'capacity');
    assert.equal(capacity!.message, 'is required: a number from 1 to 1000000000');
    const unknown = assertError(await send('PUT', `${BASE}/user1`, { tokens: 1, capacity: 0 }), 'GW_VALIDATION');
    assert.deepEqual(fieldsOf(unknown), ['capacity', 'rate_per_second', 'tokens']);
  });

  it('PATCH changes the given fields, and null clears the name', async (t) => {
    const { send } = await withClients(t);
    const path = `${BASE}/10.0.0.0%2F8`;
    assert.equal((await send('PATCH', path, { capacity: 3 })).json().name, 'Office');
    const cleared = (
      await send('PATCH', path, { name: null }, { 'content-type': 'application/merge-patch+json' })
    ).json();
    assert.deepEqual([cleared.name, cleared.capacity, cleared.rate_per_second], [null, 3, 10]);
    assert.equal((await send('PATCH', path, { rate_per_sec: 4 })).json().rate_per_second, 4);
    assertError(await send('PATCH', path, { capacity: null }), 'GW_VALIDATION');
    assertError(await send('PATCH', path, { client_id: 'other' }), 'GW_VALIDATION');
  });

  it('PATCH creates a new API key, shows it once, and removes it', async (t) => {
    const { send, store } = await withClients(t);
    const first = (await send('PATCH', `${BASE}/user1`, { api_key: true })).json().api_key;
    const second = (await send('PATCH', `${BASE}/user1`, { api_key: true })).json().api_key;
    assert.notEqual(first, second);
    assert.equal((await store.get('user1'))!.apiKeyHash, createHash('sha256').update(second).digest('hex'));
    const kept = (await send('PATCH', `${BASE}/user1`, { capacity: 2 })).json();
    assert.deepEqual([kept.has_api_key, kept.api_key], [true, undefined]);
    const removed = (await send('PATCH', `${BASE}/user1`, { api_key: false })).json();
    assert.deepEqual([removed.has_api_key, removed.api_key], [false, undefined]);
  });

  it('DELETE answers 204 without a body once, and the client no longer applies', async (t) => {
    const { send, registry } = await withClients(t);
    const answer = await send('DELETE', `${BASE}/user1`);
    assert.equal(answer.statusCode, 204);
    assert.equal(answer.body, '');
    assert.equal(registry.live.has('user1'), false);
    assertError(await send('DELETE', `${BASE}/user1`), 'GW_CLIENT_NOT_FOUND');
  });

  it('changes nothing when If-Match names another version', async (t) => {
    const { send, store, registry } = await withClients(t);
    const path = `${BASE}/user1`;
    const { version } = (await store.get('user1'))!;
    for (const tag of [`"${version + 100}"`, `W/"${version}"`, '"abc"', `"0${version}"`, '"200", "300"', '""']) {
      const headers = { 'if-match': tag };
      assertError(await send('PUT', path, { capacity: 1, rate_per_second: 1 }, headers), 'GW_PRECONDITION_FAILED');
      assertError(await send('PATCH', path, { capacity: 1 }, headers), 'GW_PRECONDITION_FAILED');
      assertError(await send('DELETE', path, undefined, headers), 'GW_PRECONDITION_FAILED');
    }
    assert.equal((await store.get('user1'))!.version, version);
    assert.equal(registry.live.get('user1')!.version, version);
  });

  it('goes ahead when If-Match names this version, one of several, or *', async (t) => {
    const { send } = await withClients(t);
    const path = `${BASE}/user1`;
    let { etag } = (await send('GET', path)).headers;
    for (const tagOf of [(tag: string) => tag, (tag: string) => `"9999", ${tag}`, () => '*']) {
      const answer = await send('PATCH', path, { capacity: 1 }, { 'if-match': tagOf(String(etag)) });
      assert.equal(answer.statusCode, 200);
      assert.notEqual(answer.headers.etag, etag);
      ({ etag } = answer.headers);
    }
    assert.equal((await send('DELETE', path, undefined, { 'if-match': String(etag) })).statusCode, 204);
  });

  it('refuses a malformed If-Match', async (t) => {
    const { send } = await withClients(t);
    for (const tag of ['1', '"1', '"1" "2"', '*, "1"', 'w/"1"']) {
      assertError(await send('PATCH', `${BASE}/user1`, { capacity: 1 }, { 'if-match': tag }), 'GW_BAD_REQUEST');
    }
  });

  it('answers 304 without a body when If-None-Match names this version, and the client when it does not', async (t) => {
    const { send } = await start(t);
    await send('POST', BASE, { client_id: 'pre' });
    const path = `${BASE}/pre`;
    for (const field of ['"1"', 'W/"1"', '*', '"7", "1"']) {
      const { statusCode, body, headers } = await send('GET', path, undefined, { 'if-none-match': field });
      assert.deepEqual([statusCode, body, headers.etag, headers['content-length']], [304, '', '"1"', undefined], field);
    }
    assert.equal((await send('HEAD', path, undefined, { 'if-none-match': '"1"' })).statusCode, 304);
    const other = await send('GET', path, undefined, { 'if-none-match': '"2"' });
    assert.deepEqual([other.statusCode, other.json().key], [200, 'pre']);
    assertError(await send('GET', path, undefined, { 'if-none-match': '1' }), 'GW_BAD_REQUEST');
    assertError(await send('GET', `${BASE}/none`, undefined, { 'if-none-match': '*' }), 'GW_CLIENT_NOT_FOUND');
  });

  it('changes nothing when If-None-Match names this version', async (t) => {
    const { send, store } = await start(t);
    await send('POST', BASE, { client_id: 'pre', capacity: 5 });
    for (const field of ['*', '"1"', 'W/"1"']) {
      const headers = { 'if-none-match': field };
      const replaced = await send('PUT', `${BASE}/pre`, { capacity: 6, rate_per_second: 1 }, headers);
      assertError(replaced, 'GW_PRECONDITION_FAILED');
      assertError(await send('PATCH', `${BASE}/pre`, { capacity: 6 }, headers), 'GW_PRECONDITION_FAILED');
      assertError(await send('DELETE', `${BASE}/pre`, undefined, headers), 'GW_PRECONDITION_FAILED');
    }
    assert.equal((await store.get('pre'))?.capacity, 5);
    assert.equal((await send('PATCH', `${BASE}/pre`, { capacity: 6 }, { 'if-none-match': '"9"' })).statusCode, 200);
  });

  for (const body of [
    { client_id: 'doc', capacity: 7, rate_per_second: 0.1, name: 'A name' },
    { client_id: 'doc', enabled: false, api_key: true },
    { ip_address: '10.0.0.0/8', capacity: 5 },
    { client_id: 'doc', algorithm: 'sliding-window', capacity: 30, window_seconds: 7 },
  ]) {
    it(`takes back by PUT what GET answered: ${JSON.stringify(body)}`, async (t) => {
      const { send } = await start(t);
      const { headers } = await send('POST', BASE, body);
      const path = String(headers.location);
      const { updated_at: _, version: __, ...before } = (await send('GET', path)).json();
      const put = await send('PUT', path, (await send('GET', path)).json());
      assert.equal(put.statusCode, 200, put.body);
      const { updated_at: ___, version: ____, ...after } = put.json();
      assert.deepEqual(after, before);
      const changed = await send('PUT', path, { ...put.json<object>(), capacity: 9 });
      assert.deepEqual([changed.statusCode, changed.json().capacity], [200, 9], changed.body);
    });
  }

  it('refuses a PUT of another client’s document', async (t) => {
    const { send } = await start(t);
    await send('POST', BASE, { client_id: 'one' });
    await send('POST', BASE, { client_id: 'two' });
    const body = assertError(
      await send('PUT', `${BASE}/one`, (await send('GET', `${BASE}/two`)).json()),
      'GW_VALIDATION',
    );
    assert.deepEqual(fieldsOf(body), ['client_id', 'id', 'key']);
  });

  it('applies what is stored, whatever the order of concurrent changes', async (t) => {
    const { send, store, registry } = await withClients(t);
    const put = registry.put.bind(registry);
    let calls = 0;
    // Each call is slower to take effect than the next one.
    registry.put = async (client) => {
      for (let turns = 20 - 2 * calls++; turns > 0; turns -= 1) await new Promise(setImmediate);
      await put(client);
    };
    await Promise.all([1, 2, 3, 4, 5, 6].map((capacity) => send('PATCH', `${BASE}/user1`, { capacity })));
    assert.deepEqual(registry.live.get('user1'), await store.get('user1'));
    await Promise.all([send('PATCH', `${BASE}/user1`, { capacity: 9 }), send('DELETE', `${BASE}/user1`)]);
    assert.equal(registry.live.has('user1'), false);
  });
});

describe('every route of the clients API', () => {
  it('answers 503 when the database is away, and works again afterwards', async (t) => {
    const { send, store } = await start(t);
    await send('POST', BASE, { client_id: 'a' });
    store.isAway = true;
    const answers = await Promise.all([
      send('GET', BASE),
      send('POST', BASE, { client_id: 'b' }),
      send('GET', `${BASE}/a`),
      send('PUT', `${BASE}/a`, { capacity: 1, rate_per_second: 1 }),
      send('PATCH', `${BASE}/a`, { capacity: 1 }),
      send('DELETE', `${BASE}/a`),
    ]);
    for (const answer of answers) assertError(answer, 'GW_DATABASE_UNAVAILABLE');
    store.isAway = false;
    assert.equal((await send('GET', `${BASE}/a`)).statusCode, 200);
  });

  it('answers another method with 405 and Allow, with and without a final slash', async (t) => {
    const { send } = await start(t);
    for (const url of [BASE, `${BASE}/`]) {
      for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const answer = await send(method, url);
        assertError(answer, 'GW_METHOD_NOT_ALLOWED');
        assert.equal(answer.headers.allow, 'GET, HEAD, POST');
      }
    }
    for (const url of [`${BASE}/a`, `${BASE}/10.0.0.0/8`, `${BASE}/a?x=/y`]) {
      const answer = await send('POST', url, {});
      assertError(answer, 'GW_METHOD_NOT_ALLOWED');
      assert.equal(answer.headers.allow, 'DELETE, GET, HEAD, PATCH, PUT');
    }
  });

  it('is not found on a path that only looks like it', async (t) => {
    const { send } = await start(t);
    for (const url of ['/v1/api/clientsX', '/v1/api', '/', '/v1/api/CLIENTS'])
      assertError(await send('GET', url), 'GW_NOT_FOUND');
  });
});

describe('a fault of ours', () => {
  it('is answered without its words and logged once with them', async (t) => {
    const lines: string[] = [];
    const app = Fastify({
      ...adminServerOptions,
      logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } },
    });
    t.after(() => app.close());
    await app.register(errors);
    await app.register(schemas);
    app.get('/', () => {
      throw new Error('secret internals');
    });
    const answer = await app.inject('/');
    assert.equal(assertError(answer, 'GW_INTERNAL').message, 'Internal error');
    assert.ok(!answer.body.includes('secret'));
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /secret internals/);
    assert.equal(answer.json().request_id, JSON.parse(lines[0]!).reqId);
  });
});
