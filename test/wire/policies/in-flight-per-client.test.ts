import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startHeldBackend } from '../../support/held-backend.ts';
import { RawClient, startRawBackend, rawResponse } from '../../support/raw-socket.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';
import { echo, startUpgradeBackend, upgradeRequest } from '../../support/upgrade-backend.ts';

const TRUST = 'server: { trust_proxy: [127.0.0.0/8] }\n';

async function start(t: TestContext, more: string) {
  const backend = await startHeldBackend();
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], TRUST + more));
  t.after(() => traffic.close());
  const ask = (path: string, client = '198.51.100.1'): RawClient => {
    const raw = new RawClient(traffic.port);
    t.after(() => raw.destroy());
    return raw.send(`GET ${path} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${client}\r\n\r\n`);
  };
  const refused = async (path: string): Promise<string> => {
    const answer = await ask(path).until('}');
    assert.match(answer, /^HTTP\/1\.1 429 /);
    return answer;
  };
  return { ...traffic, backend, ask, refused };
}

const ROUTE = 'routes: [{ name: api, pool: default, max_in_flight_per_client: 2 }]';

test('a client may have so many requests on a route at a time, whatever other clients do', async (t) => {
  const { backend, ask, refused, tables } = await start(t, ROUTE);
  const first = ask('/1');
  ask('/2');
  await backend.asked(2);
  const answer = await refused('/3');
  assert.match(answer, /"error":"GW_TOO_MANY_IN_FLIGHT"/);
  assert.match(answer, /\r\nretry-after: 1\r\n/i);
  assert.doesNotMatch(answer, /\r\nratelimit/i);
  ask('/4', '198.51.100.2');
  await backend.asked(3);
  backend.answer();
  await first.until('/1');
  ask('/5');
  await backend.asked(4);
  assert.equal(tables.metrics.laterRefusals().in_flight, 1);
});

test('a request that its client gives up counts no longer', async (t) => {
  const { backend, ask, refused, tables, limiter } = await start(t, ROUTE);
  const [first] = [ask('/1'), ask('/2')];
  await backend.asked(2);
  await refused('/3');
  first.destroy();
  const { lo, hi } = limiter.hash('ip:198.51.100.1\napi');
  await eventually('it is taken back', () => tables.inFlight.running(lo, hi) === 1);
  ask('/4');
  await backend.asked(3);
});

test('the limit of all routes holds besides those of routes, and each gives back what the other refuses', async (t) => {
  const { backend, ask, refused } = await start(
    t,
    `rate_limit: { max_in_flight_per_client: 2 }
routes:
  - { path_prefix: /one, pool: default, max_in_flight_per_client: 1 }
  - { path_prefix: /, pool: default }`,
  );
  ask('/one');
  await backend.asked(1);
  await refused('/one');
  ask('/other');
  await backend.asked(2);
  await refused('/other');
});

test('a dry run and the allowlist refuse nobody', async (t) => {
  const dry = await start(t, `rate_limit: { dry_run: true, max_in_flight_per_client: 1 }`);
  dry.ask('/1');
  dry.ask('/2');
  await dry.backend.asked(2);
  dry.backend.answer();
  dry.backend.answer();
  const line = await dry.logged((each) => each['would_refuse'] === 'in-flight');
  assert.equal(line['status'], 200);
  const free = await start(t, `rate_limit: { allowlist: [198.51.100.0/24], max_in_flight_per_client: 1 }`);
  free.ask('/1');
  free.ask('/2');
  await free.backend.asked(2);
});

test('an upgraded connection counts until it closes', async (t) => {
  const backend = await startUpgradeBackend(echo);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'rate_limit: { max_in_flight_per_client: 1 }'));
  t.after(() => traffic.close());
  const open = async (): Promise<{ client: RawClient; answer: string }> => {
    const client = new RawClient(traffic.port).send(upgradeRequest());
    t.after(() => client.destroy());
    return { client, answer: await client.until('\r\n\r\n') };
  };
  const { client, answer } = await open();
  assert.match(answer, /^HTTP\/1\.1 101 /);
  client.send('hello');
  await client.until('hello');
  assert.match((await open()).answer, /^HTTP\/1\.1 429 /);
  client.destroy();
  const { lo, hi } = traffic.limiter.hash('ip:127.0.0.1');
  await eventually('the tunnel is over', () => traffic.tables.inFlight.running(lo, hi) === 0);
  assert.match((await open()).answer, /^HTTP\/1\.1 101 /);
});

test('requests after each other on one connection count one at a time', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'rate_limit: { max_in_flight_per_client: 1 }'));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port);
  t.after(() => client.destroy());
  for (let at = 0; at < 5; at += 1) {
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until((received) => received.split('\r\n\r\nok').length === at + 2);
  }
  assert.equal(traffic.tables.metrics.laterRefusals().in_flight, 0);
});
