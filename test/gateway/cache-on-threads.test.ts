/** Each thread stores answers of its own; changes and purges reach all of them. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';

interface Metrics {
  readonly cache: { readonly stores_total: number; readonly hits_total: number; readonly bytes: number };
}

async function start(t: TestContext) {
  let posts = 0;
  const backend = await startRawBackend((request, socket) => {
    if (request.startsWith('POST')) posts += 1;
    socket.write(rawResponse(String(posts), '200 OK', ['Cache-Control: max-age=60']));
  });
  t.after(() => backend.close());
  const gateway = await startTestGateway(
    t,
    gatewayYaml([backend.url], 'routes: [{ name: api, pool: default, cache: {} }]'),
  );
  const stores = async (): Promise<number> =>
    (await gateway.admin('/v1/api/metrics')).json<Metrics>().cache.stores_total;
  const isHit = async (path: string): Promise<boolean> =>
    /hit/.test((await httpRequest(gateway.trafficUrl + path)).headers['cache-status'] as string);
  /** Connections are distributed by chance. */
  const onBoth = async (path: string): Promise<void> => {
    const before = await stores();
    await eventually('both threads have it', async () => {
      await httpRequest(gateway.trafficUrl + path);
      return (await stores()) === before + 2;
    });
  };
  return { gateway, backend, isHit, onBoth };
}

test('once an unsafe method is answered, no thread gives the old answer', async (t) => {
  const { gateway, onBoth } = await start(t);
  await onBoth('/a?b');
  await httpRequest(`${gateway.trafficUrl}/a`, { method: 'POST', body: 'x' });
  // On connections to both threads.
  const answers = await Promise.all(Array.from({ length: 20 }, () => httpRequest(`${gateway.trafficUrl}/a?b`)));
  assert.deepEqual(new Set(answers.map(({ body }) => body)), new Set(['1']));
});

test('a purge is answered once all threads have removed their answers', async (t) => {
  const { gateway, backend, isHit, onBoth } = await start(t);
  for (const path of ['/a', '/a/b', '/c']) await onBoth(path);
  const purge = async (body: object) => (await gateway.admin('/v1/api/cache/purge', { method: 'POST', body })).json();
  const { host } = new URL(gateway.trafficUrl);
  assert.deepEqual(await purge({ host: 'other.test' }), { removed: 0 });
  assert.deepEqual(await purge({ route: 'api', host, path: '/a' }), { removed: 2 });
  const before = backend.requests.length;
  assert.equal(await isHit('/a'), false);
  assert.equal(await isHit('/a/b'), true);
  assert.equal(backend.requests.length, before + 1);
  assert.deepEqual(await purge({ path: '/a', prefix: true }), { removed: 3 });
  assert.deepEqual(await purge({}), { removed: 2 });
  const { cache } = (await gateway.admin('/v1/api/metrics')).json<Metrics>();
  assert.equal(cache.bytes, 0);
  assert.match((await gateway.admin('/metrics')).body, /sluice_cache_requests_total\{route="api",result="hit"\} [1-9]/);
});
