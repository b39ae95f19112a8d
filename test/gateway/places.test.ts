/** Zones and fallbacks of a whole gateway, with backends that die and come back. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ExplanationAnswer } from '../../src/explain/api/explain-view.ts';
import { eventually } from '../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';

const FAST = `health_check: { interval: 1s, timeout: 990ms, fast_interval: 1s, rise: 1, fall: 1, type: tcp }
slow_start: { duration: 200ms }
`;

interface EventList {
  readonly items: readonly { readonly kind: string; readonly subject: string; readonly message: string }[];
}

/** Backends that answer with their name, and can be killed and started again on the same port. */
function lab(t: TestContext) {
  const running = new Set<Awaited<ReturnType<typeof startRawBackend>>>();
  t.after(() => Promise.all([...running].map((backend) => backend.close())));
  const start = async (name: string, port = 0) => {
    const backend = await startRawBackend(rawResponse(name), port);
    running.add(backend);
    const kill = (): Promise<void> => {
      running.delete(backend);
      return backend.close();
    };
    return { url: backend.url, port: backend.port, kill };
  };
  return start;
}

async function poolEvents(gateway: TestGateway): Promise<readonly string[]> {
  const { items } = (await gateway.admin('/v1/api/events?kind=pool')).json<EventList>();
  return items.map(({ message }) => message).toReversed();
}

test(
  'the fallback serves while every backend of the pool is dead, and no request fails',
  { timeout: 120_000 },
  async (t) => {
    const start = lab(t);
    const near = [await start('near'), await start('near')];
    const far = await start('far');
    const gateway = await startTestGateway(
      t,
      `${FAST}pools:
  near:
    backends: [{ url: "${near[0]!.url}", id: n0 }, { url: "${near[1]!.url}", id: n1 }]
    retries: { attempts: 2, budget_minimum: 100 }
    fallback: { pool: far }
  far: { backends: [{ url: "${far.url}", id: f0 }] }
routes: [{ path_prefix: /, pool: near }]
rate_limit: { enabled: false }
`,
    );
    let isOver = false;
    const answers = new Map<string, number>();
    const ask = async (): Promise<string> => {
      const { status, body } = await httpRequest(`${gateway.trafficUrl}/`);
      const answer = `${status} ${body}`;
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      return answer;
    };
    const load = [1, 2, 3].map(async () => {
      while (!isOver) await ask();
    });
    await eventually('the pool serves', async () => (await ask()) === '200 near');
    for (const backend of near) await backend.kill();
    await eventually('all requests go to the fallback', async () =>
      (await poolEvents(gateway)).includes('no backend of pool near is available: its requests go to far'),
    );
    for (let count = 0; count < 20; count += 1) assert.equal(await ask(), '200 far');
    const health = (await gateway.admin('/v1/api/health')).json<{ status: string; reasons: string[] }>();
    assert.equal(health.status, 'degraded');
    assert.ok(health.reasons.includes('pool near has no available backend: its fallback serves'));
    const metrics = (await gateway.admin('/metrics')).body;
    assert.match(metrics, /^sluice_pool_fallback_total\{pool="near"\} [1-9]/m);
    assert.doesNotMatch(metrics, /^sluice_pool_fallback_total\{pool="far"/m);
    const explained = (await gateway.admin('/v1/api/explain?path=/')).json<ExplanationAnswer>();
    assert.equal(explained.pool, 'far');
    const { fallback } = explained.pools.find(({ name }) => name === 'near')!;
    assert.deepEqual(fallback, [
      { pool: 'near', share: 0 },
      { pool: 'far', share: 1 },
    ]);
    const step = explained.steps.find((each) => each.step === 'fallback');
    assert.equal(step?.text, 'it goes to far; by what is available: near 0 %, far 100 %');

    for (const { port } of near) await start('back', port);
    await eventually('the pool has its requests back', async () =>
      (await poolEvents(gateway)).includes('pool near takes all its requests again'),
    );
    for (let count = 0; count < 20; count += 1) assert.equal(await ask(), '200 back');
    isOver = true;
    await Promise.all(load);
    assert.deepEqual([...answers.keys()].toSorted(), ['200 back', '200 far', '200 near']);
  },
);

test(
  'the zone of the gateway gets the requests, and others take over when it dies',
  { timeout: 120_000 },
  async (t) => {
    const start = lab(t);
    const backends = [await start('a'), await start('b'), await start('us')];
    const [a, b, us] = backends.map(({ url }) => url);
    const gateway = await startTestGateway(
      t,
      `${FAST}server: { locality: { region: eu, zone: eu-a } }
pools:
  web:
    locality: { prefer: zone, traffic_share: 0 }
    backends:
      - { url: "${a}", id: a, region: eu, zone: eu-a }
      - { url: "${b}", id: b, region: eu, zone: eu-b }
      - { url: "${us}", id: us, region: us, zone: us-a }
rate_limit: { enabled: false }
`,
    );
    const ask = async (): Promise<string> => {
      const { status, body } = await httpRequest(`${gateway.trafficUrl}/`);
      return `${status} ${body}`;
    };
    const explain = async (): Promise<unknown> =>
      (await gateway.admin('/v1/api/explain?path=/')).json<ExplanationAnswer>().pools[0]!.locality;
    await eventually('every backend is healthy', async () =>
      (await gateway.admin('/v1/api/backends'))
        .json<{ healthy: boolean; effective_weight: number }[]>()
        .every(({ healthy, effective_weight: weight }) => healthy && weight === 1),
    );
    for (let count = 0; count < 20; count += 1) assert.equal(await ask(), '200 a');
    assert.deepEqual(await explain(), [
      { locality: 'zone', share: 1, backends: ['a'] },
      { locality: 'region', share: 0, backends: ['b'] },
      { locality: 'other', share: 0, backends: ['us'] },
    ]);
    await backends[0]!.kill();
    for (let count = 0; count < 20; count += 1) assert.equal(await ask(), '200 b');
    await eventually(
      'the dead one is noticed',
      async () => (await ask(), JSON.stringify(await explain()).includes('"share":1,"backends":["b"]')),
    );
    const metrics = (await gateway.admin('/metrics')).body;
    assert.match(metrics, /^sluice_pool_attempts_total\{pool="web",locality="zone"\} [2-9]\d/m);
    assert.match(metrics, /^sluice_pool_attempts_total\{pool="web",locality="region"\} [2-9]\d/m);
    assert.match(metrics, /^sluice_pool_attempts_total\{pool="web",locality="other"\} 0$/m);
    const views = (await gateway.admin('/v1/api/backends')).json<{ id: string; zone: string }[]>();
    assert.deepEqual(
      views.map(({ id, zone }) => [id, zone]),
      [
        ['a', 'eu-a'],
        ['b', 'eu-b'],
        ['us', 'us-a'],
      ],
    );
  },
);

test('members are where their source says, or the pool, or near the gateway if only their zone is known', async (t) => {
  const gateway = await startTestGateway(
    t,
    `server: { locality: { region: eu, zone: eu-a } }
pools:
  web: { discover: { push: {} } }
  far: { discover: { push: {}, region: us } }
routes: [{ path_prefix: /, pool: web }, { path_prefix: /far, pool: far }]
`,
  );
  const members = [
    { address: '10.0.0.1', port: 80, region: 'ap', zone: 'eu-a' },
    { address: '10.0.0.2', port: 80, zone: 'eu-b' },
    { address: '10.0.0.3', port: 80 },
  ];
  for (const pool of ['web', 'far']) {
    const { status } = await gateway.admin(`/v1/api/pools/${pool}/members`, { method: 'PUT', body: { members } });
    assert.equal(status, 200);
  }
  const views = (await gateway.admin('/v1/api/backends')).json<{ id: string; region: string; zone: string }[]>();
  assert.deepEqual(
    views.map(({ id, region, zone }) => [id, region, zone]),
    [
      ['web-10.0.0.1-80', 'ap', 'eu-a'],
      ['web-10.0.0.2-80', 'eu', 'eu-b'],
      ['web-10.0.0.3-80', null, null],
      ['far-10.0.0.1-80', 'ap', 'eu-a'],
      ['far-10.0.0.2-80', 'us', 'eu-b'],
      ['far-10.0.0.3-80', 'us', null],
    ],
  );
});

test('explain says which source the members of a pool come from, and how its backends came into it', async (t) => {
  const gateway = await startTestGateway(
    t,
    `pools: { web: { discover: { push: {} }, backends: [{ url: "http://10.0.0.8:80", id: fixed }] } }
`,
  );
  const put = { method: 'PUT', body: { members: [{ address: '10.0.0.1', port: 80 }] } };
  assert.equal((await gateway.admin('/v1/api/pools/web/members', put)).status, 200);
  const added = { method: 'POST', body: { pool: 'web', url: 'http://10.0.0.9:80', id: 'added' } };
  assert.equal((await gateway.admin('/v1/api/backends', added)).status, 201);
  const [pool] = (await gateway.admin('/v1/api/explain?path=/')).json<ExplanationAnswer>().pools;
  const { source, state, members } = pool!.discovery!;
  assert.deepEqual([source, state, members.map(({ id }) => id)], ['push', 'current', ['web-10.0.0.1-80']]);
  assert.deepEqual(
    pool!.backends.map(({ id, source: from }) => [id, from]),
    [
      ['fixed', 'file'],
      ['web-10.0.0.1-80', 'discovery'],
      ['added', 'api'],
    ],
  );
});
