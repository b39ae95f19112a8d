/** The paths under /api of an older balancer, row by row of docs/parity.md. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { fakeAdminApp } from '../../support/admin-app.ts';
import { startLiveControl, type LiveControl } from '../../support/live-control.ts';

const YAML = `
pools:
  default:
    algorithm: round-robin
    backends:
      - { url: "http://10.0.0.1:8081", id: a }
      - { url: "http://10.0.0.2:8081", id: b, weight: 2 }
health_check: { enabled: false }
`;

interface Answer<Data = Record<string, unknown>> {
  readonly success: boolean;
  readonly message: string;
  readonly data: Data;
  readonly error?: string;
}

async function ask<Data = Record<string, unknown>>(control: LiveControl, method: string, url: string, body?: unknown) {
  const answer = await control.send(method, url, body);
  return { status: answer.statusCode, headers: answer.headers, ...answer.json<Answer<Data>>() };
}

const start = (t: TestContext): Promise<LiveControl> => startLiveControl(t, YAML);

describe('R38, R39: circuits', () => {
  test('are read by URL, with every field, null where there was none', async (t) => {
    const { status, success, data } = await ask<Record<string, object>>(await start(t), 'GET', '/api/circuit-breaker');
    assert.deepEqual([status, success], [200, true]);
    assert.deepEqual(data['http://10.0.0.1:8081'], {
      state: 'CLOSED',
      failure_count: 0,
      total_calls: 0,
      success_count: 0,
      error_rate: 0,
      half_open_calls: 0,
      next_attempt: null,
      last_fail_time: null,
      last_failure_time: null,
    });
  });

  for (const name of ['a', encodeURIComponent('http://10.0.0.1:8081')]) {
    test(`are reset by ${name}`, async (t) => {
      const control = await start(t);
      await control.send('POST', '/v1/api/circuit-breaker/a/open', { seconds: 60 });
      const states = async () =>
        (await ask<Record<string, { state: string }>>(control, 'GET', '/api/circuit-breaker')).data;
      assert.equal((await states())['http://10.0.0.1:8081']?.state, 'OPEN');
      assert.equal((await ask(control, 'POST', `/api/circuit-breaker/${name}/reset`)).data['state'], 'CLOSED');
      assert.equal((await states())['http://10.0.0.1:8081']?.state, 'CLOSED');
    });
  }

  test('of an unknown backend are answered 404', async (t) => {
    const { status, success, error } = await ask(await start(t), 'POST', '/api/circuit-breaker/nobody/reset');
    assert.deepEqual([status, success, error], [404, false, 'Backend not found']);
  });
});

test('R53: the limiter, with success and status', async (t) => {
  const answer = (await (await start(t)).send('GET', '/api/rate-limit')).json<Answer & { status: string }>();
  assert.deepEqual([answer.success, answer.status], [true, 'success']);
  const keys = ['active_ips', 'enabled', 'global_limit', 'global_tokens', 'per_ip_limit', 'type'];
  assert.deepEqual(Object.keys(answer.data).toSorted(), keys);
});

describe('R69 to R72: backends', () => {
  test('are listed with the current values', async (t) => {
    const { data } = await ask<Record<string, unknown>[]>(await start(t), 'GET', '/api/backends');
    assert.deepEqual(data[1], {
      id: 'b',
      url: 'http://10.0.0.2:8081',
      alive: true,
      ema_ms: 0,
      error_rate: 0,
      last_checked: null,
      enabled: true,
      weight: 2,
      connections: 0,
    });
  });

  test('are read by id; 404 and 400 in their words', async (t) => {
    const control = await start(t);
    assert.equal((await ask(control, 'GET', '/api/backends/a')).data['url'], 'http://10.0.0.1:8081');
    const nobody = await ask(control, 'GET', '/api/backends/nobody');
    assert.deepEqual([nobody.status, nobody.error], [404, 'Backend not found']);
    const wrong = await ask(control, 'GET', '/api/backends/%20');
    assert.deepEqual([wrong.status, wrong.error], [400, 'Invalid backend ID']);
  });

  test('are changed, and the next answer and the next traffic show it', async (t) => {
    const control = await start(t);
    const { status, data } = await ask(control, 'PATCH', '/api/backends/a', { enabled: false, weight: 7 });
    assert.deepEqual([status, data['enabled'], data['weight']], [200, false, 7]);
    const applied = control.applied.at(-1)!.pools[0]!.backends[0]!;
    assert.deepEqual([applied.enabled, applied.weight], [false, 7]);
    assert.equal((await ask(control, 'GET', '/api/backends/a')).data['weight'], 7);
  });

  test('are not changed by a bad body, nor when unknown', async (t) => {
    const control = await start(t);
    for (const body of ['{', {}, { weight: 0 }, { enabled: 'no' }, { colour: 1 }]) {
      const { status, success, error } = await ask(control, 'PATCH', '/api/backends/a', body);
      assert.deepEqual([status, success], [400, false], JSON.stringify(body));
      assert.equal(typeof error, 'string');
    }
    assert.equal((await ask(control, 'PATCH', '/api/backends/nobody', { weight: 2 })).status, 404);
    assert.equal(control.applied.length, 1);
  });

  test('drain, and restart takes them back with their circuit closed', async (t) => {
    const control = await start(t);
    const act = (action: string) => ask(control, 'POST', '/api/backends/a/actions', { action });
    assert.equal((await act('drain')).status, 200);
    assert.equal(control.applied.at(-1)!.pools[0]!.backends[0]!.draining, true);
    await control.send('POST', '/v1/api/circuit-breaker/a/open', { seconds: 60 });
    assert.equal((await act('restart')).data['alive'], true);
    assert.notEqual(control.applied.at(-1)!.pools[0]!.backends[0]!.draining, true);
    assert.equal((await act('reset_metrics')).data['error_rate'], 0);
  });

  test('other actions are answered 400, those on unknown backends 404', async (t) => {
    const control = await start(t);
    assert.equal((await ask(control, 'POST', '/api/backends/a/actions', { action: 'explode' })).status, 400);
    assert.equal((await ask(control, 'POST', '/api/backends/a/actions', {})).status, 400);
    assert.equal((await ask(control, 'POST', '/api/backends/nobody/actions', { action: 'drain' })).status, 404);
  });
});

describe('R75 to R77: metrics, configuration, health', () => {
  test('metrics have totals and backends', async (t) => {
    const { data } = await ask<{ algorithm: string; active_backends: number; backends: object[] }>(
      await start(t),
      'GET',
      '/api/metrics',
    );
    assert.deepEqual([data.algorithm, data.active_backends, data.backends.length], ['round_robin', 2, 2]);
    for (const key of ['total_requests', 'avg_response_time', 'requests_per_minute']) assert.ok(key in data, key);
  });

  test('the configuration is the current one', async (t) => {
    const { status, success } = await ask(await start(t), 'GET', '/api/config');
    assert.deepEqual([status, success], [200, true]);
  });

  test('health counts, and is not healthy when none is alive', async (t) => {
    const control = await start(t);
    const health = async () => (await control.send('GET', '/api/health')).json<Record<string, unknown> & Answer>();
    const well = await health();
    assert.deepEqual(
      [well['status'], well['alive_backends'], well['total_backends'], well['open_breakers']],
      ['healthy', 2, 2, 0],
    );
    assert.equal(well.data['status'], 'healthy');
    assert.ok(!Number.isNaN(Date.parse(String(well['timestamp']))));
    await control.send('POST', '/v1/api/circuit-breaker/a/open', { seconds: 60 });
    assert.deepEqual([(await health())['status'], (await health())['open_breakers']], ['degraded', 1]);
    await control.send('POST', '/v1/api/circuit-breaker/b/open', { seconds: 60 });
    assert.equal((await health())['status'], 'unhealthy');
  });
});

describe('R78: the envelope', () => {
  test('also holds what is not there, and what may not be done', async (t) => {
    const control = await start(t);
    const away = await ask(control, 'GET', '/api/nothing');
    assert.deepEqual([away.status, away.success, away.error], [404, false, 'Not found']);
    const wrong = await ask(control, 'DELETE', '/api/backends');
    assert.deepEqual([wrong.status, wrong.success], [405, false]);
    assert.match(String(wrong.headers['allow']), /GET/);
  });

  test('needs the token like everything else', async (t) => {
    const app = await fakeAdminApp({ admin: { token: 'a-token-of-some-length' } });
    t.after(() => app.close());
    const answer = await app.inject('/api/backends');
    assert.deepEqual([answer.statusCode, answer.json<Answer>().success], [401, false]);
  });

  test('admin.compat: false takes all of it away, and nothing else', async (t) => {
    const app = await fakeAdminApp({ admin: { compat: false } });
    t.after(() => app.close());
    for (const url of ['/api/backends', '/client/a', '/clients', '/list', '/health', '/ping', '/metrics/ws'])
      assert.equal((await app.inject(url)).statusCode, 404, url);
    assert.equal((await app.inject('/v1/api/backends')).statusCode, 200);
  });
});
