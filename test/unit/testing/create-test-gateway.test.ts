import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { createTestGateway } from '../../../src/testing.ts';

test('limits count in the time of the test', async (t) => {
  const gateway = await createTestGateway({
    config: { rate_limit: { default: { capacity: 2, rate_per_second: 0.1 } } },
  });
  t.after(() => gateway.close());
  const statuses = async (count: number): Promise<number[]> => {
    const all: number[] = [];
    for (let at = 0; at < count; at += 1) all.push((await gateway.inject()).status);
    return all;
  };
  assert.deepEqual(await statuses(3), [200, 200, 429]);
  gateway.advance(9_900);
  assert.deepEqual(await statuses(1), [429]);
  gateway.advance('100ms');
  assert.deepEqual(await statuses(2), [200, 429]);
  assert.equal((await gateway.inject({ address: '192.0.2.7' })).status, 200);
});

test('tokens are valid, and expire, in the time of the test', async (t) => {
  const secret = 's'.repeat(32);
  const gateway = await createTestGateway({
    config: { routes: [{ pool: 'web', auth: { jwt: { secret, leeway: '0s' } } }] },
    now: new Date('2031-05-01T12:00:00Z'),
  });
  t.after(() => gateway.close());
  const nowS = Date.parse('2031-05-01T12:00:00Z') / 1000;
  const token = await new SignJWT({ nbf: nowS, exp: nowS + 60 })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(secret));
  const ask = async (): Promise<readonly [number, string | undefined]> => {
    const answer = await gateway.inject({ headers: { authorization: `Bearer ${token}` } });
    return [answer.status, answer.status === 401 ? answer.json<{ message: string }>().message : undefined];
  };
  assert.deepEqual(await ask(), [200, undefined]);
  gateway.advance(59_999);
  assert.deepEqual(await ask(), [200, undefined]);
  gateway.advance(1);
  assert.deepEqual(await ask(), [401, 'The token has expired']);
});

test('quotas count in the days of the test', async (t) => {
  const gateway = await createTestGateway({
    config: { rate_limit: { quota: { requests: 1, per: 'day' } } },
    now: new Date('2031-05-01T23:59:59Z'),
  });
  t.after(() => gateway.close());
  assert.deepEqual([(await gateway.inject()).status, (await gateway.inject()).status], [200, 429]);
  gateway.advance('1s');
  assert.deepEqual([(await gateway.inject()).status, (await gateway.inject()).status], [200, 429]);
});

test('a backend gets what a real one would, and its answer comes back', async (t) => {
  const gateway = await createTestGateway({
    backends: {
      web: ({ body, method }) => ({
        status: 201,
        headers: { 'x-method': method, 'set-cookie': ['a=1', 'b=2'] },
        body: `got ${body}`,
      }),
    },
  });
  t.after(() => gateway.close());
  const answer = await gateway.inject({ method: 'POST', path: '/a?b=1', body: 'this', headers: { 'x-a': '1' } });
  assert.deepEqual([answer.status, answer.body, answer.headers['x-method']], [201, 'got this', 'POST']);
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
  const [request] = gateway.requests;
  assert.deepEqual([request!.pool, request!.method, request!.target, request!.body], ['web', 'POST', '/a?b=1', 'this']);
  assert.equal(request!.headers['x-forwarded-for'], '127.0.0.1');
  assert.equal(request!.headers['x-a'], '1');
});

test('a backend that throws is one whose connection breaks', async (t) => {
  const gateway = await createTestGateway({
    config: { retries: { attempts: 0 } },
    backends: {
      web: () => {
        throw new Error('broken');
      },
    },
  });
  t.after(() => gateway.close());
  const { status, json } = await gateway.inject();
  assert.deepEqual([status, json<{ error: string }>().error], [502, 'GW_BACKEND_RESET']);
});

test('a wrong configuration is refused like that of a file', async () => {
  await assert.rejects(
    createTestGateway({ config: { routes: [{ pool: 'other' }] } }),
    /there is no pool "other"; pools: web/,
  );
});
