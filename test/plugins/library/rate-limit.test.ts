import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Fastify from 'fastify';
import { rateLimit, type RateLimitOptions } from '../../../src/library/rate-limit.ts';

async function appWith(options: RateLimitOptions) {
  const clock = { ms: 0 };
  const app = Fastify();
  app.register(rateLimit, { nowMs: () => clock.ms, ...options });
  app.register(async (routes) => {
    routes.get('/', async (request) => ({ left: request.limit?.remaining ?? null }));
    routes.get('/heavy', { config: { limit: { cost: 3 } } }, async () => 'heavy');
    routes.get('/own', { config: { limit: { capacity: 1, ratePerSecond: 1, name: 'own' } } }, async () => 'own');
    routes.get('/free', { config: { limit: false } }, async () => 'free');
    routes.get('/refunds', async (request) => request.limit?.refund());
  });
  const get = (url: string, headers = {}) => app.inject({ url, headers });
  return { app, get, clock };
}

const FIVE = { capacity: 5, ratePerSecond: 0.5 };

describe('rateLimit', () => {
  it('refuses with 429, the fields of the draft and a body that an error handler can change', async () => {
    const { get, clock } = await appWith(FIVE);
    const first = await get('/');
    assert.equal(first.statusCode, 200);
    assert.deepEqual(first.json(), { left: 4 });
    assert.equal(first.headers['ratelimit-policy'], '"default";q=5;w=10');
    assert.equal(first.headers['ratelimit'], '"default";r=4;t=2');
    for (let turn = 0; turn < 4; turn += 1) await get('/');
    const refused = await get('/');
    assert.equal(refused.statusCode, 429);
    assert.equal(refused.headers['retry-after'], '2');
    assert.equal(refused.headers['ratelimit'], '"default";r=0;t=2');
    assert.equal(refused.headers['x-ratelimit-limit'], undefined);
    assert.deepEqual(refused.json(), {
      statusCode: 429,
      code: 'RATE_LIMITED',
      error: 'Too Many Requests',
      message: 'Rate limit exceeded, retry in 2 s',
    });
    clock.ms = 2000;
    assert.equal((await get('/')).statusCode, 200);
  });

  it('charges a route’s cost to the app’s limit, gives a route its own, and leaves one out', async () => {
    const { get } = await appWith(FIVE);
    assert.equal((await get('/heavy')).headers['ratelimit'], '"default";r=2;t=6');
    assert.equal((await get('/heavy')).statusCode, 429);
    assert.equal((await get('/own')).headers['ratelimit'], '"own";r=0;t=1');
    assert.equal((await get('/own')).statusCode, 429);
    assert.equal((await get('/free')).headers['ratelimit'], undefined);
    assert.deepEqual((await get('/')).json(), { left: 1 });
  });

  it('limits a GET and its HEAD together, and requests without a route, too', async () => {
    const { app, get } = await appWith({ capacity: 2, ratePerSecond: 0.5 });
    assert.equal((await app.inject({ method: 'HEAD', url: '/' })).statusCode, 200);
    assert.equal((await get('/nothing')).statusCode, 404);
    assert.equal((await get('/nothing')).statusCode, 429);
  });

  it('limits by the key it is given, and not without one', async () => {
    const key: RateLimitOptions['key'] = ({ headers }) => (headers['x-user'] as string | undefined) ?? null;
    const { get } = await appWith({ capacity: 1, ratePerSecond: 0.5, key });
    assert.equal((await get('/', { 'x-user': 'a' })).statusCode, 200);
    assert.equal((await get('/', { 'x-user': 'a' })).statusCode, 429);
    assert.equal((await get('/', { 'x-user': 'b' })).statusCode, 200);
    assert.deepEqual((await get('/')).json(), { left: null });
  });

  it('returns the tokens of a request whose handler asks for it', async () => {
    const { get } = await appWith({ capacity: 1, ratePerSecond: 0.5 });
    for (let turn = 0; turn < 3; turn += 1) assert.equal((await get('/refunds')).statusCode, 200);
    assert.equal((await get('/')).statusCode, 200);
    assert.equal((await get('/refunds')).statusCode, 429);
  });

  it('applies a scope’s limit besides the app’s, which gets its tokens back from a refusal', async () => {
    const app = Fastify();
    app.register(rateLimit, { ...FIVE, nowMs: () => 0 });
    app.register(async (scope) => {
      scope.register(rateLimit, { capacity: 1, ratePerSecond: 1, name: 'scope', nowMs: () => 0 });
      scope.get('/in', async () => 'in');
    });
    app.get('/out', async (request) => request.limit?.remaining);
    const first = await app.inject('/in');
    assert.equal(first.headers['ratelimit'], '"default";r=4;t=2, "scope";r=0;t=1');
    assert.equal((await app.inject('/in')).statusCode, 429);
    assert.equal((await app.inject('/out')).body, '3');
  });

  it('limits only routes with a limit of their own if it has none, and sends the older fields if asked to', async () => {
    const { get } = await appWith({ legacyHeaders: true });
    assert.equal((await get('/')).headers['ratelimit'], undefined);
    assert.equal((await get('/own')).headers['x-ratelimit-limit'], '1');
  });

  it('refuses a limit out of range when it is registered, and a route’s when the route is added', async () => {
    await assert.rejects(async () => Fastify().register(rateLimit, { capacity: 0, ratePerSecond: 1 }), {
      name: 'RangeError',
      message: /capacity/,
    });
    await assert.rejects(async () => Fastify().register(rateLimit, { ...FIVE, name: 'not a "name"' }), /name must be/);
    const app = Fastify();
    await app.register(rateLimit, FIVE);
    assert.throws(() => app.get('/', { config: { limit: { cost: 0 } } }, async () => ''), /cost/);
  });
});
