/** The clients of older balancers, row by row of docs/parity.md. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { InjectOptions } from 'fastify';
import { fakeAdminApp } from '../../support/admin-app.ts';

async function start(t: TestContext) {
  const app = await fakeAdminApp();
  t.after(() => app.close());
  return async (method: string, url: string, body?: object, headers: Record<string, string> = {}) => {
    const answer = await app.inject({
      method: method as NonNullable<InjectOptions['method']>,
      url,
      headers,
      ...(body === undefined ? {} : { payload: body }),
    });
    const { statusCode: status, payload } = answer;
    return {
      status,
      headers: answer.headers,
      body: payload === '' ? null : (JSON.parse(payload) as Record<string, unknown>),
    };
  };
}

describe('R54 to R58: /v1/api/clients/ as it was', () => {
  test('lists, creates, replaces and deletes, with the last slash and without', async (t) => {
    const send = await start(t);
    for (const url of ['/v1/api/clients/', '/v1/api/clients']) {
      const created = await send('POST', url, { ip_address: '10.1.2.3', capacity: 5, rate_per_second: 1 });
      assert.equal(created.status, 201);
      const [only] = (await send('GET', url)).body as unknown as Record<string, unknown>[];
      const { id, ip_address, capacity, rate_per_second } = only!;
      assert.deepEqual(
        { id, ip_address, capacity, rate_per_second },
        { id: '10.1.2.3', ip_address: '10.1.2.3', capacity: 5, rate_per_second: 1 },
      );
      assert.equal(
        (await send('PUT', '/v1/api/clients/10.1.2.3', { capacity: 9, rate_per_second: 2 })).body?.['capacity'],
        9,
      );
      assert.equal((await send('DELETE', '/v1/api/clients/10.1.2.3')).status, 204);
    }
  });

  test('refuses with code and message', async (t) => {
    const send = await start(t);
    const one = { ip_address: '10.1.2.3', capacity: 5, rate_per_second: 1 };
    await send('POST', '/v1/api/clients/', one);
    for (const [method, url, body, status] of [
      ['POST', '/v1/api/clients/', one, 409],
      ['POST', '/v1/api/clients/', { ip_address: 'x', capacity: 5, rate_per_second: 1 }, 400],
      ['PUT', '/v1/api/clients/10.9.9.9', { capacity: 9, rate_per_second: 2 }, 404],
      ['PUT', '/v1/api/clients/10.1.2.3', { capacity: 0, rate_per_second: 2 }, 400],
      ['DELETE', '/v1/api/clients/10.9.9.9', undefined, 404],
      ['PATCH', '/v1/api/clients/', {}, 405],
    ] as const) {
      const answer = await send(method, url, body);
      assert.deepEqual(
        [answer.status, answer.body?.['code'], typeof answer.body?.['message']],
        [status, status, 'string'],
      );
      if (status === 405) assert.match(String(answer.headers['allow']), /GET, HEAD, POST/);
    }
  });
});

describe('R60, R61: /client', () => {
  test('creates, reads, changes and deletes with refill_rate', async (t) => {
    const send = await start(t);
    const mobile = { id: 'mobile', capacity: 10, refill_rate: 2 };
    assert.deepEqual(await send('POST', '/client', mobile).then(({ status, body }) => [status, body]), [201, mobile]);
    assert.deepEqual((await send('GET', '/client/mobile')).body, mobile);
    const more = { ...mobile, capacity: 20 };
    assert.deepEqual(await send('PUT', '/client', more).then(({ status, body }) => [status, body]), [200, more]);
    assert.equal((await send('DELETE', '/client/mobile')).status, 200);
    assert.equal((await send('GET', '/client/mobile')).status, 404);
  });

  test('without an id means the caller: X-Client-ID, else the address', async (t) => {
    const send = await start(t);
    const body = { capacity: 10, refill_rate: 2 };
    assert.equal((await send('POST', '/client', body, { 'x-client-id': 'me' })).body?.['id'], 'me');
    assert.equal((await send('POST', '/client', body)).body?.['id'], '127.0.0.1');
  });

  test('refuses with a message', async (t) => {
    const send = await start(t);
    for (const [method, url, body, status] of [
      ['POST', '/client', { id: 'a', capacity: 0, refill_rate: 1 }, 400],
      ['POST', '/client', { id: 'a', capacity: 1 }, 400],
      ['POST', '/client', { id: 'ü', capacity: 1, refill_rate: 1 }, 400],
      ['PUT', '/client', { id: 'nobody', capacity: 1, refill_rate: 1 }, 404],
      ['DELETE', '/client/nobody', undefined, 404],
    ] as const) {
      const answer = await send(method, url, body);
      assert.deepEqual([answer.status, typeof answer.body?.['message']], [status, 'string'], url);
    }
  });
});

test('R62: POST /clients creates a client with rate_per_sec, and GET lists it', async (t) => {
  const send = await start(t);
  const user = { client_id: 'user1', capacity: 100, rate_per_sec: 10 };
  assert.deepEqual(await send('POST', '/clients', user).then(({ status, body }) => [status, body]), [201, user]);
  assert.deepEqual((await send('GET', '/clients')).body, [user]);
  assert.equal((await send('POST', '/clients', user)).status, 409);
});
