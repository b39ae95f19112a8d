import assert from 'node:assert/strict';
import { it } from 'node:test';
import { GatewayError } from '../../../../src/errors.ts';
import { fakeAdminApp, fakeConfiguration } from '../../../support/admin-app.ts';

it('GET /v1/api/config shows the current configuration, and needs the token', async (t) => {
  const settings = { log: { level: 'info' } };
  const report = {
    version: 3,
    file: 'a.yaml',
    readOnly: null,
    yaml: null,
    appliedAt: 0,
    restartRequired: ['server.port'],
    lastError: null,
    overlay: [
      {
        id: 'b0',
        url: null,
        pool: 'gone',
        weight: 7,
        enabled: null,
        draining: null,
        backup: null,
        maxInFlight: null,
        version: 2,
        createdAt: new Date(0),
        updatedAt: new Date(0),
        problem: 'there is no pool "gone"',
      },
    ],
    settings,
  };
  const configuration = { ...fakeConfiguration(), report: () => report };
  const app = await fakeAdminApp({ configuration, admin: { token: 'right' } });
  t.after(() => app.close());
  assert.equal((await app.inject('/v1/api/config')).statusCode, 401);
  const answer = await app.inject({ url: '/v1/api/config', headers: { authorization: 'Bearer right' } });
  assert.deepEqual(answer.json(), {
    version: 3,
    file: 'a.yaml',
    read_only: null,
    yaml: null,
    applied_at: '1970-01-01T00:00:00.000Z',
    restart_required: ['server.port'],
    last_error: null,
    overlay: [
      {
        id: 'b0',
        url: null,
        pool: 'gone',
        weight: 7,
        enabled: null,
        draining: null,
        backup: null,
        max_in_flight: null,
        version: 2,
        updated_at: '1970-01-01T00:00:00.000Z',
        problem: 'there is no pool "gone"',
      },
    ],
    settings,
  });
});

it('POST /v1/api/config/reload answers 400 with every problem when the file is wrong', async (t) => {
  const details = [{ field: 'pools.a', message: 'a.yaml:1:1: pools.a: missing' }];
  const configuration = {
    ...fakeConfiguration(),
    reload: async () => Promise.reject(new GatewayError('GW_VALIDATION', { details })),
  };
  const app = await fakeAdminApp({ configuration });
  t.after(() => app.close());
  const answer = await app.inject({ method: 'POST', url: '/v1/api/config/reload' });
  assert.equal(answer.statusCode, 400);
  assert.deepEqual(answer.json().details, details);
});

it('POST /v1/api/config/check takes a text, or nothing for the file', async (t) => {
  const asked: unknown[] = [];
  const warnings = [{ key: 'server.trust_proxy', message: 'every address is a trusted proxy' }];
  const changes = [{ kind: 'route', action: 'removed', name: 'a', keys: [] }] as const;
  const configuration = {
    ...fakeConfiguration(),
    check: async (text?: string) => {
      asked.push(text);
      return { changes, restartRequired: ['admin.port'], warnings, planId: text === undefined ? null : 'a-b-c' };
    },
  };
  const app = await fakeAdminApp({ configuration });
  t.after(() => app.close());
  const check = (payload?: object) =>
    app.inject({ method: 'POST', url: '/v1/api/config/check', ...(payload === undefined ? {} : { payload }) });
  const report = { valid: true, changes, restart_required: ['admin.port'], warnings };
  assert.deepEqual((await check()).json(), { ...report, plan_id: null });
  assert.deepEqual((await check({ config: 'pools: {}' })).json(), { ...report, plan_id: 'a-b-c' });
  assert.deepEqual(asked, [undefined, 'pools: {}']);
  const wrong = await check({ config: 5 });
  assert.equal(wrong.statusCode, 400);
  assert.equal(wrong.json().details[0].field, 'config');
  assert.equal((await check({ confg: '' })).statusCode, 400);
});

it('PUT /v1/api/config writes and applies a text; an empty one is refused', async (t) => {
  const written: string[] = [];
  const fake = fakeConfiguration();
  const configuration = {
    ...fake,
    replace: async (text: string) => {
      written.push(text);
      return fake.replace(text);
    },
  };
  const app = await fakeAdminApp({ configuration });
  t.after(() => app.close());
  const put = (config: string) => app.inject({ method: 'PUT', url: '/v1/api/config', payload: { config } });
  assert.deepEqual((await put('pools: {}')).json(), {
    result: 'applied',
    version: 2,
    changes: [],
    restart_required: [],
    number: null,
    watch: null,
  });
  assert.equal((await put('')).statusCode, 400);
  assert.deepEqual(written, ['pools: {}']);
});

it('PUT /v1/api/config accepts the answer of GET and changes nothing; other settings are refused', async (t) => {
  const settings = { log: { level: 'info' }, admin: { token: '***' }, pools: { a: { backends: [] } } };
  const fake = fakeConfiguration();
  const configuration = {
    ...fake,
    report: () => ({ ...fake.report(), version: 3, settings, restartRequired: ['server.port'] }),
    replace: () => assert.fail('written'),
  };
  const app = await fakeAdminApp({ configuration });
  t.after(() => app.close());
  const read = (await app.inject('/v1/api/config')).json<{ settings: object }>();
  const put = (payload: object) => app.inject({ method: 'PUT', url: '/v1/api/config', payload });
  const answer = await put(read);
  assert.equal(answer.statusCode, 200, answer.body);
  assert.deepEqual(answer.json(), {
    result: 'unchanged',
    version: 3,
    changes: [],
    restart_required: ['server.port'],
    number: null,
    watch: null,
  });
  const other = await put({ ...read, settings: { ...settings, log: { level: 'warn' }, new: 1 } });
  assert.equal(other.statusCode, 400);
  assert.deepEqual(
    other.json().details.map(({ field }: { field: string }) => field),
    ['settings.log', 'settings.new'],
  );
  for (const wrong of [{}, { ...read, config: 'x' }, { version: 3 }, { settings: [] }])
    assert.equal((await put(wrong)).statusCode, 400, JSON.stringify(wrong));
});
