/** The examples of docs/plugins.md, in the gateway for tests. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import blockAgents from '../../../examples/plugins/block-agents.ts';
import featureFlags from '../../../examples/plugins/feature-flags.ts';
import tenant from '../../../examples/plugins/tenant.ts';
import { createTestGateway } from '../../../src/testing.ts';
import type { TestGatewayOptions } from '../../../src/testing/test-gateway.ts';

async function start(t: TestContext, options: TestGatewayOptions) {
  const gateway = await createTestGateway(options);
  t.after(() => gateway.close());
  return gateway;
}

test('tenant: the client of the API key, or 401', async (t) => {
  const gateway = await start(t, {
    config: {
      plugins: { tenant: { file: 'tenant', options: { header: 'x-org' } } },
      routes: [{ pool: 'web', plugins: ['tenant'] }],
    },
    plugins: { tenant },
    clients: { shop: 'a-secret-key' },
    backends: { web: ({ target }) => ({ status: target === '/broken' ? 500 : 200 }) },
  });
  const refused = await gateway.inject({ headers: { 'x-org': 'forged' } });
  assert.deepEqual([refused.status, refused.json()], [401, { error: 'An API key is required' }]);
  assert.equal(gateway.requests.length, 0);
  const headers = { 'x-api-key': 'a-secret-key', X_Org: 'forged' };
  assert.equal((await gateway.inject({ headers })).status, 200);
  assert.equal(gateway.requests[0]!.headers['x-org'], 'shop');
  assert.equal(gateway.requests[0]!.headers['x_org'], undefined);
  assert.equal((await gateway.inject({ path: '/broken', headers })).status, 500);
  assert.equal(gateway.counter('tenant', 'failures'), 1);
});

test('block-agents: refuses by a part of the name, and in a dry run only counts', async (t) => {
  const options = (dryRun: boolean): TestGatewayOptions => ({
    config: {
      plugins: { block: { file: 'block-agents', options: { patterns: ['BadBot'], dry_run: dryRun } } },
      routes: [{ pool: 'web', plugins: ['block'] }],
    },
    plugins: { 'block-agents': blockAgents },
  });
  const agent = (name: string) => ({ headers: { 'user-agent': name } });
  const gateway = await start(t, options(false));
  assert.equal((await gateway.inject(agent('Mozilla/5.0'))).status, 200);
  assert.equal((await gateway.inject(agent('badbot/1.0'))).status, 403);
  assert.equal(gateway.counter('block', 'blocked'), 1);
  const dry = await start(t, options(true));
  assert.equal((await dry.inject(agent('badbot/1.0'))).status, 200);
  assert.equal(dry.counter('block', 'blocked'), 1);
});

test('feature-flags: asked once in a while, and requests go on without the service', async (t) => {
  const asked: string[] = [];
  let isAway = false;
  t.mock.method(globalThis, 'fetch', async (url: string) => {
    asked.push(url);
    return isAway ? new Response('', { status: 503 }) : Response.json(['new-cart', 'dark']);
  });
  const gateway = await start(t, {
    config: {
      plugins: { flags: { file: 'flags', options: { url: 'http://flags.test/' }, timeout: '10s', on_error: 'skip' } },
      routes: [{ pool: 'web', plugins: ['flags'] }],
    },
    plugins: { flags: featureFlags },
  });
  const ask = async (): Promise<string | undefined> => {
    assert.equal((await gateway.inject({ headers: { 'x-flags': 'forged' } })).status, 200);
    return gateway.requests.at(-1)!.headers['x-flags'];
  };
  assert.equal(await ask(), 'new-cart,dark');
  assert.equal(await ask(), 'new-cart,dark');
  assert.deepEqual(asked, ['http://flags.test/?client=127.0.0.1']);
  gateway.advance('61s');
  isAway = true;
  assert.equal(await ask(), undefined);
  assert.equal(asked.length, 2);
});

test('a wrong option is named', async () => {
  const config = { plugins: { flags: { file: 'flags', options: { url: 'flags.test' } } } };
  await assert.rejects(createTestGateway({ config, plugins: { flags: featureFlags } }), {
    name: 'TypeError',
    message: /^plugins\.flags\.options\.url: found "flags\.test"; allowed: text, matching \^https\?:/,
  });
});
