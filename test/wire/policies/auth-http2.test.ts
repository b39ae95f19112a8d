/** Authentication of requests that share an HTTP/2 connection, and of preflights. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askHttp2, dialHttp2 } from '../../support/http2-client.ts';
import { startPolicyWorld } from '../../support/policy-world.ts';
import { createIssuer, ISSUER } from '../../support/token-issuer.ts';

const URL = 'https://id.test/jwks';
const AUTH = `auth: { jwt: { issuer: "${ISSUER}", audience: [api], jwks_url: "${URL}", forward_claims: { x-user: sub } } }`;

test('each request of a connection needs its own token', async (t) => {
  const world = await startPolicyWorld(t, `server: { http2: { h2c: true } }\nroutes: [{ pool: default, ${AUTH} }]`);
  const issuer = await createIssuer();
  world.thread.handle({ type: 'keys', id: 1, sets: [{ source: `url ${URL}`, keys: [issuer.jwk as { kty: string }] }] });
  const session = dialHttp2(t, world.port);
  const ask = async (user: string | null) => {
    const headers = user === null ? {} : { authorization: `Bearer ${await issuer.token({ sub: user })}` };
    return askHttp2(session, `/${user}`, { headers });
  };
  const [alice, nobody, bob] = await Promise.all([ask('alice'), ask(null), ask('bob')]);
  assert.deepEqual([alice.status, nobody.status, bob.status], [200, 401, 200]);
  assert.equal(nobody.headers['www-authenticate'], 'Bearer realm="Sluice"');
  for (const user of ['alice', 'bob']) {
    const sent = world.requests.find((request) => request.startsWith(`GET /${user} `));
    assert.match(sent!, new RegExp(`\r\nx-user: ${user}\r\n`));
  }
  const grpc = await askHttp2(session, '/a.B/C', {
    headers: { 'content-type': 'application/grpc', te: 'trailers' },
    body: '',
  });
  assert.equal(grpc.headers['grpc-status'], '16');
});

test('a preflight of a browser, which has no credentials, is answered before', async (t) => {
  const { ask, requests } = await startPolicyWorld(
    t,
    `- { pool: default, ${AUTH}, cors: { origins: [https://app.test] } }`,
  );
  const preflight = ['Origin: https://app.test', 'Access-Control-Request-Method: POST'];
  assert.match(
    await ask('OPTIONS /', preflight),
    /^HTTP\/1\.1 2\d\d [^]*\r\naccess-control-allow-origin: https:\/\/app\.test\r\n/i,
  );
  const refused = await ask('/', ['Origin: https://app.test']);
  assert.match(refused, /^HTTP\/1\.1 401 [^]*\r\naccess-control-allow-origin: https:\/\/app\.test\r\n/i);
  assert.match(await ask('OPTIONS /', ['Origin: https://app.test']), /^HTTP\/1\.1 401 /);
  assert.equal(requests.length, 0);
});
