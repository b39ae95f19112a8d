import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPolicyWorld } from '../../support/policy-world.ts';
import { rawResponse } from '../../support/raw-socket.ts';

const CORS = 'cors: { origins: [https://app.test], credentials: true, expose: [x-request-id] }';
const PREFLIGHT = ['Origin: https://app.test', 'Access-Control-Request-Method: PUT'];

test('a preflight is answered without the backend, without authentication, and by the method that it asks about', async (t) => {
  const { ask, requests, log } = await startPolicyWorld(
    t,
    `- { name: api, path_prefix: /api, methods: [PUT], pool: default, auth: { api_key: required }, ${CORS} }
- { pool: default }`,
  );
  const answer = await ask('OPTIONS /api/a', PREFLIGHT);
  assert.match(answer, /^HTTP\/1\.1 204 No Content\r\n/);
  assert.match(answer, /\r\naccess-control-allow-origin: https:\/\/app\.test\r\n/);
  assert.match(answer, /\r\naccess-control-allow-credentials: true\r\n/);
  assert.match(answer, /\r\naccess-control-allow-methods: GET, HEAD, POST, PUT, PATCH, DELETE\r\n/);
  assert.match(answer, /\r\naccess-control-max-age: 600\r\n/);
  assert.match(answer, /\r\nvary: origin\r\n/);
  assert.doesNotMatch(answer, /transfer-encoding|content-length/i);
  assert.equal(requests.length, 0);
  assert.ok(log.some(({ route, status }) => route === 'api' && status === 204));

  const refused = await ask('OPTIONS /api/a', ['Origin: https://evil.test', PREFLIGHT[1]!]);
  assert.match(refused, /^HTTP\/1\.1 403 [^]*"GW_ORIGIN_REFUSED"/);
  assert.doesNotMatch(refused, /access-control/);
  // No preflight, so it is another route's.
  assert.match(await ask('OPTIONS /api/a', ['Origin: https://app.test']), /^HTTP\/1\.1 200 /);
  assert.match(await ask('OPTIONS /other', PREFLIGHT), /^HTTP\/1\.1 200 /);
  assert.equal(requests.length, 2);
});

test('errors of the gateway can be read by the page, and the backend has no say', async (t) => {
  const { ask } = await startPolicyWorld(
    t,
    `- { path_prefix: /keys, pool: default, auth: { api_key: required }, ${CORS} }
- { path_prefix: /small, pool: default, max_body_bytes: 1, ${CORS} }
- { pool: default, ${CORS} }`,
    rawResponse('ok', '200 OK', ['Access-Control-Allow-Origin: *', 'Vary: accept']),
  );
  const from = ['Origin: https://app.test'];
  const answer = await ask('/', from);
  assert.match(answer, /\r\naccess-control-allow-origin: https:\/\/app\.test\r\n/);
  assert.match(answer, /\r\naccess-control-expose-headers: x-request-id\r\n/);
  assert.doesNotMatch(answer, /Allow-Origin: \*/);
  assert.match(answer, /\r\nVary: accept\r\n[^]*\r\nvary: origin\r\n/);
  const foreign = await ask('/', ['Origin: https://evil.test']);
  assert.match(foreign, /^HTTP\/1\.1 200 /);
  assert.doesNotMatch(foreign, /access-control/i);
  assert.match(foreign, /\r\nvary: origin\r\n/);
  for (const [status, target, body] of [
    [401, '/keys', ''],
    [413, 'POST /small', 'long'],
    [400, '/%zz', ''],
  ] as const) {
    const error = await ask(target, from, body);
    assert.match(error, new RegExp(`^HTTP/1\\.1 ${status} `));
    // A path without a route has no policies either.
    if (status !== 400) assert.match(error, /\r\naccess-control-allow-origin: https:\/\/app\.test\r\n/);
  }
});

test('preflights cost nothing, and a refusal for want of tokens can be read', async (t) => {
  const { ask } = await startPolicyWorld(
    t,
    `rate_limit: { default: { capacity: 2, rate_per_second: 0.001 } }
routes: [{ pool: default, ${CORS} }]
`,
  );
  for (let count = 0; count < 2; count += 1) assert.match(await ask('OPTIONS /', PREFLIGHT), /^HTTP\/1\.1 204 /);
  for (let count = 0; count < 2; count += 1) assert.match(await ask('/'), /^HTTP\/1\.1 200 /);
  const refused = await ask('/', ['Origin: https://app.test']);
  assert.match(refused, /^HTTP\/1\.1 429 [^]*\r\naccess-control-allow-origin: https:\/\/app\.test\r\n/);
  // Even those have a limit.
  assert.match(await ask('OPTIONS /', PREFLIGHT), /^HTTP\/1\.1 429 [^]*\r\naccess-control-allow-origin: /);
});

test('a gRPC-Web call of a page works, its preflight and its errors included', async (t) => {
  const { ask, requests } = await startPolicyWorld(
    t,
    `- { pool: default, auth: { api_key: required }, cors: { origins: [https://app.test], expose: [grpc-status, grpc-message] } }`,
  );
  const preflight = await ask('OPTIONS /echo.Echo/Say', [
    'Origin: https://app.test',
    'Access-Control-Request-Method: POST',
    'Access-Control-Request-Headers: content-type,x-grpc-web,x-user-agent',
  ]);
  assert.match(
    preflight,
    /^HTTP\/1\.1 204 [^]*\r\naccess-control-allow-headers: content-type,x-grpc-web,x-user-agent\r\n/,
  );
  const refused = await ask(
    'POST /echo.Echo/Say',
    ['Origin: https://app.test', 'Content-Type: application/grpc-web+proto'],
    'x',
  );
  assert.match(refused, /^HTTP\/1\.1 200 [^]*\r\naccess-control-allow-origin: https:\/\/app\.test\r\n/);
  assert.match(refused, /\r\naccess-control-expose-headers: grpc-status, grpc-message\r\n/);
  assert.equal(requests.length, 0);
});
