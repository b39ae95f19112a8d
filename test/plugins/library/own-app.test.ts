/** examples/own-app, between two servers of a catalog and one of prices. */
import '../../support/own-package.ts';
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { startEchoBackend } from '../../support/echo-backend.ts';

const { buildApp } = await import('../../../examples/own-app/app.ts');

async function server(t: TestContext, status: () => number, name: string): Promise<string> {
  const backend = await startEchoBackend((_seen, response) =>
    response.writeHead(status()).end(JSON.stringify({ name })),
  );
  t.after(() => backend.close());
  return backend.url;
}

it('own-app: limits users, leaves out a server that is down, and stops calling prices that fail', async (t) => {
  const up = await server(t, () => 200, 'up');
  const down = await server(t, () => 500, 'down');
  let asked = 0;
  const prices = await server(t, () => ((asked += 1), 503), 'prices');
  const app = await buildApp({ catalog: [up, down], prices });
  t.after(() => app.close());
  const get = (url: string, user: string) => app.inject({ url, headers: { 'x-user': user } });

  for (let turn = 0; turn < 5; turn += 1) assert.deepEqual((await get('/products', 'ada')).json(), { name: 'up' });
  for (let turn = 0; turn < 3; turn += 1) assert.equal((await get('/price', 'ada')).statusCode, 200);
  assert.equal((await get('/price', 'ada')).statusCode, 503);
  assert.equal(asked, 3);

  const reports = [await get('/report', 'bob'), await get('/report', 'bob'), await get('/report', 'bob')];
  assert.deepEqual(
    reports.map(({ statusCode }) => statusCode),
    [200, 200, 429],
  );
  assert.equal(reports[0]!.headers['ratelimit'], '"default";r=10;t=2');
});
