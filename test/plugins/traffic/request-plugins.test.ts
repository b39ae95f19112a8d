/** What each plugin of a traffic thread leaves in the exchange for those after it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashString32 } from '../../../src/core/hash.ts';
import { NO_ROUTE, THREAD_COUNTER } from '../../../src/runtime/metrics-table.ts';
import { httpRequest } from '../../support/http-request.ts';
import { startTrafficPlugins } from '../../support/traffic-plugins.ts';

const POOL = 'backends: [{ id: a, url: "http://127.0.0.1:9" }, { id: b, url: "http://127.0.0.1:10" }]';
const UNLIMITED = 'rate_limit: { enabled: false }\nhealth_check: { enabled: false }\n';

test('ratelimit: a refused request gets no further: it has no route, and counts as one that has none', async (t) => {
  const { url, exchanges, tables, talkers, nextEnd } = await startTrafficPlugins(
    t,
    `rate_limit: { default: { capacity: 1, rate_per_second: 0.001 } }\npools: { p: { ${POOL} } }`,
  );
  assert.equal((await httpRequest(url)).status, 200);
  const closed = nextEnd();
  const refused = await httpRequest(url);
  assert.equal(refused.status, 429);
  assert.equal(refused.json()['error'], 'GW_RATE_LIMITED');
  await closed;
  assert.equal(exchanges.length, 1);
  assert.deepEqual(
    [exchanges[0]!.route!.index, NO_ROUTE].map((index) => tables.metrics.route(index).requests),
    [1, 1],
  );
  assert.equal(tables.metrics.total(THREAD_COUNTER.refused), 1);
  const [talker] = talkers.list(tables.clock.nowMs());
  assert.deepEqual([talker!.key, Math.round(talker!.requests), Math.round(talker!.refused)], ['ip:127.0.0.1', 2, 1]);
});

test('router: the exchange has the route, and what its pool hashes by; without that field, the address', async (t) => {
  const { url, exchanges } = await startTrafficPlugins(
    t,
    `${UNLIMITED}pools: { p: { ${POOL} }, h: { algorithm: consistent-hash, hash: { by: header, name: x-user }, ${POOL.replace('id: a', 'id: c').replace('id: b', 'id: d').replace(':9"', ':11"').replace(':10"', ':12"')} } }
routes: [{ name: plain, path_prefix: /, pool: p }, { name: hashed, path_prefix: /h, pool: h }]`,
  );
  await httpRequest(`${url}/x`);
  await httpRequest(`${url}/h/x?q`, { headers: { 'x-user': 'ann' } });
  await httpRequest(`${url}/h`);
  assert.deepEqual(
    exchanges.map(({ route, keyHash }) => [route!.name, keyHash]),
    [
      ['plain', 0],
      ['hashed', hashString32('ann', 0)],
      ['hashed', hashString32('127.0.0.1', 0)],
    ],
  );
});

test('sticky: the exchange has the backend that the cookie of its pool names', async (t) => {
  const { url, exchanges, live } = await startTrafficPlugins(
    t,
    `${UNLIMITED}pools: { p: { sticky: { enabled: true }, ${POOL} } }`,
  );
  const { backends, sticky } = live.current.pools.get('p')!;
  const cookieOf = (at: number): string =>
    sticky!.fieldFor(backends[at]!, null, Date.now() / 1000, false)!.split(';')[0]!;
  for (const cookie of [cookieOf(0), cookieOf(1), `${cookieOf(1)}x`, 'other=1']) {
    await httpRequest(url, { headers: { cookie } });
  }
  assert.deepEqual(
    exchanges.map(({ session }) => session?.backend.id),
    ['a', 'b', undefined, undefined],
  );
});

test('message-rules: what is meant for the gateway itself is answered before a route is looked for', async (t) => {
  const { url, exchanges, nextEnd, tables } = await startTrafficPlugins(t, `${UNLIMITED}pools: { p: { ${POOL} } }`);
  const closed = nextEnd();
  const answer = await httpRequest(url, { method: 'OPTIONS', headers: { 'max-forwards': '0' } });
  await closed;
  assert.deepEqual([answer.status, exchanges.length], [204, 0]);
  assert.match(String(answer.headers['allow']), /GET/);
  assert.equal(tables.metrics.route(NO_ROUTE).requests, 1);
});
