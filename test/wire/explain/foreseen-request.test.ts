/** What a thread says of a request that is described, and that a real one then meets the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definePlugin } from '../../../src/plugin-kit/define-plugin.ts';
import { deciderOf, foresee, outcomesOf } from '../../support/foreseen.ts';
import { startPolicyWorld } from '../../support/policy-world.ts';
import { startTraffic } from '../../support/traffic.ts';
import { rawResponse } from '../../support/raw-socket.ts';

test('everything that decides about a request is named in order, and nothing is taken', async (t) => {
  const world = await startPolicyWorld(
    t,
    `rate_limit:
  default: { capacity: 5, rate_per_second: 0.001 }
  global: { capacity: 100, rate_per_second: 0.001 }
  max_in_flight_per_client: 10
  quota: { requests: 7, per: month }
plugins:
  tenant: { file: tenant }
  watcher: { file: watcher }
routes:
  - name: api
    path_prefix: /api
    pool: default
    cost: 2
    allow: [127.0.0.0/8]
    rewrite: { prefix: /v1 }
    quota: { requests: 3, per: day }
    max_in_flight_per_client: 2
    rate_limit:
      client: { capacity: 9, rate_per_second: 0.001, key: '{header.x-plan}' }
      total: { capacity: 50, rate_per_second: 0.001 }
    plugins: [tenant, watcher]`,
    rawResponse('ok'),
    {
      tenant: definePlugin({ name: 'tenant', create: () => ({ request: () => undefined }) }),
      watcher: definePlugin({ name: 'watcher', create: () => ({ response: () => undefined }) }),
    },
  );
  const asked = { headers: { 'x-plan': 'gold' } };
  const explained = await foresee(world, '/api/x?y=1', asked);
  assert.deepEqual(outcomesOf(explained), [
    'addresses passes',
    'limits passes',
    'route passes',
    'in_flight passes',
    'key_limit passes',
    'quota passes',
    'plugin unknown',
    'plugin passes',
    'rewrite passes',
    'backends answers',
  ]);
  assert.deepEqual(
    explained.limits.map(({ limit, tokens, key }) => [limit, tokens, key]),
    [
      ['client', 5, null],
      ['route', 50, null],
      ['global', 100, null],
      ['route-key', 9, 'gold'],
    ],
  );
  assert.deepEqual(
    explained.quotas.map(({ quota, used, requests }) => [quota, used, requests]),
    [
      ['quota', 0, 7],
      ['route-quota', 0, 3],
    ],
  );
  assert.deepEqual(
    explained.inFlight.map(({ limit, running, most }) => [limit, running, most]),
    [
      ['in-flight', 0, 10],
      ['route-in-flight', 0, 2],
    ],
  );
  assert.deepEqual([explained.target, explained.pool, explained.cost], ['/v1/x?y=1', 'default', 2]);

  assert.match(await world.ask('/api/x', ['x-plan: gold']), /^HTTP\/1\.1 200 /);
  const after = await foresee(world, '/api/x', asked);
  assert.deepEqual(
    after.limits.map(({ limit, tokens }) => [limit, Math.floor(tokens)]),
    [
      ['client', 3],
      ['route', 48],
      ['global', 98],
      ['route-key', 7],
    ],
  );
  assert.deepEqual(
    after.quotas.map(({ used }) => used),
    [1, 1],
  );
  await world.ask('/api/x', ['x-plan: gold']);
  const refused = await foresee(world, '/api/x', asked);
  assert.deepEqual(
    [deciderOf(refused)!.step, deciderOf(refused)!.status, deciderOf(refused)!.error],
    ['limits', 429, 'GW_RATE_LIMITED'],
  );
  assert.match(await world.ask('/api/x', ['x-plan: gold']), /^HTTP\/1\.1 429 /);
});

test('each refusal is foreseen as it then comes', async (t) => {
  const world = await startPolicyWorld(
    t,
    `rate_limit: { denylist: [192.0.2.0/24] }
server: { trust_proxy: [127.0.0.1] }
routes:
  - { name: inner, path_prefix: /inner, pool: default, allow: [10.0.0.0/8] }
  - { name: old, path_prefix: /old, redirect: { path_prefix: /new } }
  - { name: up, path_prefix: /up, host: shop.test, redirect: { scheme: https, host: shop.test } }
  - { name: robots, path: /robots.txt, respond: { body: none, status: 418 } }
  - { name: pages, path_prefix: /pages, pool: default, cors: { origins: [https://app.test] } }
  - { name: moved, path_prefix: /moved, pool: default, rewrite: { path: '/{header.x-to}' } }
  - { name: once, path_prefix: /once, pool: default, quota: { requests: 1, per: day } }
`,
  );
  await world.ask('/once');
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, string, number, string?])[] = [
    ['/inner', {}, 'addresses', 403],
    ['/inner', { 'x-forwarded-for': '192.0.2.1' }, 'admission', 403],
    ['/nowhere', {}, 'route', 404],
    ['/inner/..%2fold', {}, 'route', 400],
    ['/old/a?b', {}, 'answer', 308, '/new/a?b'],
    ['/up/a', {}, 'answer', 308, 'https://shop.test/up/a'],
    ['/robots.txt', {}, 'answer', 418],
    ['/once', {}, 'quota', 429],
  ];
  for (const [target, headers, step, status, location = null] of cases) {
    const explained = await foresee(world, target, { headers });
    const decider = deciderOf(explained);
    assert.deepEqual([decider?.step, decider?.status, explained.location], [step, status, location], target);
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    assert.match(await world.ask(target, fields), new RegExp(`^HTTP/1.1 ${status} `), target);
  }
  const preflight = (origin: string) => ({
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });
  for (const [origin, status] of [
    ['https://app.test', 204],
    ['https://evil.test', 403],
  ] as const) {
    const decider = deciderOf(await foresee(world, '/pages', preflight(origin)))!;
    assert.deepEqual([decider.step, decider.status], ['cors', status]);
  }
  assert.equal(deciderOf(await foresee(world, '/up/a', { scheme: 'https' }))!.error, 'GW_LOOP');
});

test('what runs at the moment counts against limits in flight', async (t) => {
  const held: (() => void)[] = [];
  const arrived = Promise.withResolvers<void>();
  const world = await startPolicyWorld(
    t,
    '- { path_prefix: /, pool: default, max_in_flight_per_client: 1 }',
    (_request, socket) => {
      held.push(() => void socket.write(rawResponse('ok')));
      arrived.resolve();
    },
  );
  const first = world.ask('/');
  await arrived.promise;
  const explained = await foresee(world, '/');
  assert.deepEqual(explained.inFlight, [{ limit: 'route-in-flight', running: 1, most: 1, wouldRefuse: true }]);
  assert.deepEqual([deciderOf(explained)!.step, deciderOf(explained)!.error], ['in_flight', 'GW_TOO_MANY_IN_FLIGHT']);
  held.shift()!();
  await first;
});

test('a dry run refuses nothing, and a plugin that cannot be loaded refuses all', async (t) => {
  const dry = await startPolicyWorld(
    t,
    `rate_limit: { dry_run: true, default: { capacity: 1, rate_per_second: 0.001 } }
routes: [{ path_prefix: /, pool: default }]`,
  );
  await dry.ask('/');
  const explained = await foresee(dry, '/');
  assert.deepEqual(
    explained.limits.map(({ wouldRefuse, isDry }) => [wouldRefuse, isDry]),
    [[true, true]],
  );
  assert.equal(deciderOf(explained)!.step, 'backends');

  const broken = definePlugin({
    name: 'broken',
    create: () => {
      throw new Error('no');
    },
  });
  const world = await startPolicyWorld(
    t,
    `plugins: { broken: { file: broken }, skipped: { file: broken, on_error: skip } }
routes:
  - { path_prefix: /a, pool: default, plugins: [skipped] }
  - { path_prefix: /b, pool: default, plugins: [broken] }`,
    rawResponse('ok'),
    { broken },
  );
  assert.equal(deciderOf(await foresee(world, '/a'))!.step, 'backends');
  assert.deepEqual(
    [deciderOf(await foresee(world, '/b'))!.error, deciderOf(await foresee(world, '/b'))!.status],
    ['GW_PLUGIN_FAILED', 500],
  );
  assert.match(await world.ask('/b'), /^HTTP\/1\.1 500 /);
});

test('the pool of a split is named with the reason, and is the same for a client every time', async (t) => {
  const world = await startTraffic(`pools:
  a: { backends: [{ url: 'http://127.0.0.1:1', id: a1 }] }
  b: { backends: [{ url: 'http://127.0.0.1:1', id: b1 }] }
routes:
  - { name: named, path_prefix: /named, split: [{ pool: a, weight: 1 }, { pool: b, weight: 0, cookie: { canary: '1' } }] }
  - { name: even, path_prefix: /even, split: [{ pool: a, weight: 1 }, { pool: b, weight: 1 }] }
  - { name: chance, path_prefix: /chance, split_by: request, split: [{ pool: a, weight: 1 }, { pool: b, weight: 1 }] }
`);
  t.after(() => world.close());
  const splitOf = async (target: string, request = {}) => {
    const explained = await foresee(world, target, request);
    return [explained.pool, explained.steps.find(({ step }) => step === 'split')!.text];
  };
  assert.deepEqual(await splitOf('/named', { headers: { cookie: 'canary=1' } }), [
    'b',
    'it goes to the pool b, because of its cookie canary',
  ]);
  assert.deepEqual(await splitOf('/named'), ['a', 'it goes to the pool a, by weight, always the same for this client']);
  assert.deepEqual(await splitOf('/chance'), [
    null,
    'the pool is chosen each request by chance, in proportion to the weights',
  ]);
  const chosen = new Set<string | null>();
  for (let last = 1; last <= 8; last += 1) {
    const address = `192.0.2.${last}`;
    const [first] = await splitOf('/even', { address });
    assert.equal((await splitOf('/even', { address }))[0], first);
    chosen.add(first!);
  }
  assert.deepEqual(
    [...chosen].toSorted((one, other) => (one! < other! ? -1 : 1)),
    ['a', 'b'],
  );
});

test('a stored answer is foreseen, without being used, and not after it was invalidated', async (t) => {
  const world = await startPolicyWorld(
    t,
    '- { path_prefix: /, pool: default, cache: {} }',
    rawResponse('ok', '200 OK', ['Cache-Control: max-age=60']),
  );
  const cacheOf = async (request = {}) => {
    const explained = await foresee(world, '/a', request);
    return [explained.steps.find(({ step }) => step === 'cache')?.text, deciderOf(explained)!.step];
  };
  assert.deepEqual(await cacheOf(), ['no answer is stored for it', 'backends']);
  await world.ask('/a');
  assert.deepEqual(await cacheOf(), ['a stored answer is fresh', 'cache']);
  assert.deepEqual(await cacheOf({ headers: { 'cache-control': 'no-cache' } }), [
    'a stored answer has to be confirmed by a backend',
    'backends',
  ]);
  assert.deepEqual(await cacheOf({ method: 'POST' }), ['the cache leaves such requests alone', 'backends']);
  assert.equal(world.requests.length, 1);
  await world.ask('POST /a', [], 'x');
  assert.deepEqual(await cacheOf(), ['no answer is stored for it', 'backends']);
  const only = await foresee(world, '/b', { headers: { 'cache-control': 'only-if-cached' } });
  assert.deepEqual([deciderOf(only)!.step, deciderOf(only)!.status], ['cache', 504]);
});
