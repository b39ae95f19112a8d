import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { hashAccessToken } from '../../../../src/admin-access/access-token.ts';
import type { CachePurge } from '../../../../src/policies/cache/core/cache-purger.ts';
import { fakeAdminApp } from '../../../support/admin-app.ts';

async function start(t: TestContext) {
  const purges: CachePurge[] = [];
  const tokens = (['viewer', 'operator'] as const).map((role) => ({ name: role, role, hash: hashAccessToken(role) }));
  const cache = {
    routes: () => ['api', 'shop'],
    purge: async (what: CachePurge) => {
      purges.push(what);
      return 7;
    },
  };
  const app = await fakeAdminApp({ cache, admin: { tokens } });
  t.after(() => app.close());
  const send = (method: 'GET' | 'POST', url: string, role: string, body?: object) =>
    app.inject({
      method,
      url,
      headers: { host: '127.0.0.1', authorization: `Bearer ${role}` },
      ...(body === undefined ? {} : { payload: body }),
    });
  return { purges, send, purge: (body: object, role = 'operator') => send('POST', '/v1/api/cache/purge', role, body) };
}

test('an operator purges by route, host and path, exactly or by prefix, and it is recorded', async (t) => {
  const { purges, purge, send } = await start(t);
  const answer = await purge({ route: 'api', host: 'Shop.test:8080', path: '/a', prefix: true });
  assert.equal(answer.statusCode, 200, answer.body);
  assert.deepEqual(answer.json(), { removed: 7 });
  await purge({ path: '/a' });
  await purge({});
  assert.deepEqual(purges, [
    { route: 'api', host: 'shop.test:8080', path: '/a', isPrefix: true },
    { route: null, host: null, path: '/a', isPrefix: false },
    { route: null, host: null, path: null, isPrefix: false },
  ]);
  const [last, , first] = (await send('GET', '/v1/api/audit', 'viewer')).json<{ items: Record<string, unknown>[] }>()
    .items;
  assert.equal(first!['target'], 'api');
  assert.deepEqual(first!['after'], { route: 'api', host: 'Shop.test:8080', path: '/a', prefix: true, removed: 7 });
  assert.equal(last!['target'], 'all routes');
});

test('a viewer may not purge', async (t) => {
  const { purges, purge } = await start(t);
  assert.equal((await purge({}, 'viewer')).statusCode, 403);
  assert.deepEqual(purges, []);
});

test('what would purge nothing, or not what it seems to, is refused', async (t) => {
  const { purges, purge } = await start(t);
  for (const [body, message] of [
    [{ route: 'apo' }, /no such route has a cache; those that have one: api, shop/],
    [{ prefix: true }, /needs path/],
    [{ path: 'a' }, /path/],
    [{ path: '/a?b' }, /path/],
    [{ url: '/a' }, /url/],
    [{ path: 1 }, /path/],
  ] as const) {
    const answer = await purge(body);
    assert.equal(answer.statusCode, 400, JSON.stringify(body));
    assert.match(answer.body, message);
  }
  assert.deepEqual(purges, []);
});
