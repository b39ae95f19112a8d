/** What clients learn about their limits, from answers of every kind. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';
import { startUpgradeBackend, SWITCHED, upgradeRequest } from '../support/upgrade-backend.ts';

const LIMIT = 'default: { capacity: 9, rate_per_second: 0.001 }';

async function start(t: TestContext, more: string, fields: readonly string[] = []): Promise<Traffic> {
  const backend = await startRawBackend(rawResponse('ok', '200 OK', fields));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], more));
  t.after(() => traffic.close());
  return traffic;
}

/** Policy and remaining tokens of the next answer. */
async function limitOf({ url }: Traffic, path = '/', headers: Record<string, string> = {}, method = 'GET') {
  const { status, headers: fields } = await httpRequest(`${url}${path}`, { headers, method });
  const [, policy, left] = /^"([a-z-]+)";r=(\d+);t=\d+$/.exec(String(fields['ratelimit'])) ?? [];
  return [status, policy, left === undefined ? undefined : Number(left)];
}

test('an answer of a backend says what is left, in one head with the rest', async (t) => {
  const traffic = await start(t, `rate_limit: { ${LIMIT} }`);
  const { status, headers } = await httpRequest(traffic.url);
  assert.equal(status, 200);
  assert.equal(headers['ratelimit-policy'], '"default";q=9;w=9000');
  assert.equal(headers['ratelimit'], '"default";r=8;t=1000');
  assert.equal(headers['retry-after'], undefined);
  assert.equal(headers['x-ratelimit-limit'], undefined);
  assert.deepEqual(await limitOf(traffic), [200, 'default', 7]);
});

test('answers of the gateway itself have it too', async (t) => {
  const dead = await freePort();
  const traffic = await startTraffic(
    poolOf([`http://127.0.0.1:${dead}`], `rate_limit: { ${LIMIT} }\nroutes: [{ path_prefix: /a, pool: default }]`),
  );
  t.after(() => traffic.close());
  assert.deepEqual(await limitOf(traffic, '/a'), [502, 'default', 8]);
  assert.deepEqual(await limitOf(traffic, '/nowhere'), [404, 'default', 7]);
  assert.deepEqual(await limitOf(traffic, '/%'), [400, 'default', 6]);
  assert.deepEqual(await limitOf(traffic, '/a', { 'max-forwards': '0' }, 'OPTIONS'), [204, 'default', 5]);
});

test('the answer to an upgrade has it, tunnel or refusal', async (t) => {
  let answer = SWITCHED;
  const backend = await startUpgradeBackend((socket) => socket.end(answer));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], `rate_limit: { ${LIMIT} }`));
  t.after(() => traffic.close());
  const switched = await new RawClient(traffic.port).send(upgradeRequest()).until('\r\n\r\n');
  assert.match(switched, /^HTTP\/1\.1 101 [^]*\r\nratelimit: "default";r=8;t=1000\r\n/);
  answer = rawResponse('no', '403 Forbidden');
  const refused = await new RawClient(traffic.port).send(upgradeRequest()).until('no');
  assert.match(refused, /^HTTP\/1\.1 403 [^]*\r\nratelimit: "default";r=7;t=\d+\r\n/);
});

test('of several limits, the one with the least left is reported', async (t) => {
  const traffic = await start(
    t,
    `rate_limit: { ${LIMIT}, global: { capacity: 8, rate_per_second: 0.001 } }
routes:
  - { path_prefix: /, pool: default }
  - { path_prefix: /search, pool: default, rate_limit: { client: { capacity: 3, rate_per_second: 0.001 } } }`,
  );
  assert.deepEqual(await limitOf(traffic), [200, 'global', 7]);
  assert.deepEqual(await limitOf(traffic, '/search'), [200, 'route-client', 2]);
  assert.deepEqual(await limitOf(traffic), [200, 'global', 5]);
});

test('a client without a limit gets no limit fields', async (t) => {
  for (const more of [
    `rate_limit: { ${LIMIT}, allowlist: [127.0.0.1] }`,
    `rate_limit: { ${LIMIT}, enabled: false }`,
    `rate_limit: { ${LIMIT}, dry_run: true }`,
    `rate_limit: { ${LIMIT}, denylist: [127.0.0.1] }`,
  ]) {
    assert.deepEqual((await limitOf(await start(t, more))).slice(1), [undefined, undefined], more);
  }
});

test('a backend’s own limits stay in the answer: a client has to obey all of them', async (t) => {
  const fields = ['RateLimit: "theirs";r=3;t=1', 'X-RateLimit-Limit: 4'];
  const traffic = await start(t, `rate_limit: { ${LIMIT}, legacy_headers: true }`, fields);
  const answer = await new RawClient(traffic.port)
    .send('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    .closed();
  assert.match(answer, /\r\nRateLimit: "theirs";r=3;t=1\r\n[^]*\r\nratelimit: "default";r=8;t=1000\r\n/);
  assert.deepEqual(answer.match(/x-ratelimit-limit: \d+/gi), ['X-RateLimit-Limit: 4']);
  assert.match(answer, /\r\nx-ratelimit-remaining: 8\r\n/);
});

test('a preflight costs nothing where its route says so, but no more of them than a limit of their own', async (t) => {
  const limit = 'default: { capacity: 3, rate_per_second: 0.001 }';
  const traffic = await start(
    t,
    `rate_limit: { ${limit} }
routes:
  - { path_prefix: /, pool: default }
  - { path_prefix: /api, pool: default, rate_limit: { free_preflight: true } }`,
  );
  const cors = { origin: 'https://app.example', 'access-control-request-method': 'PUT' };
  assert.deepEqual(await limitOf(traffic, '/api', cors, 'OPTIONS'), [200, 'preflight', 2]);
  assert.deepEqual(await limitOf(traffic, '/api', cors, 'OPTIONS'), [200, 'preflight', 1]);
  assert.deepEqual(
    await limitOf(traffic, '/api', { origin: cors.origin }, 'OPTIONS'),
    [200, 'default', 2],
    'no preflight',
  );
  assert.deepEqual(await limitOf(traffic, '/', cors, 'OPTIONS'), [200, 'default', 1], 'another route');
  assert.deepEqual(await limitOf(traffic, '/api', cors, 'OPTIONS'), [200, 'preflight', 0]);
  assert.deepEqual(await limitOf(traffic, '/api', cors, 'OPTIONS'), [429, 'preflight', 0]);
  assert.deepEqual(await limitOf(traffic, '/api', cors), [200, 'default', 0], 'the client has all that it had');
});
