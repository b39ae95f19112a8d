import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { InjectOptions } from 'fastify';
import { pino } from 'pino';
import { createAccessToken, hashAccessToken } from '../../../../src/admin-access/access-token.ts';
import { isAtLeast } from '../../../../src/admin-access/core/admin-access-vocabulary.ts';
import { loadText } from '../../../../src/config/load.ts';
import { fakeAdminApp, type FakeAdmin } from '../../../support/admin-app.ts';
import { POOL } from '../../../support/config-problems.ts';

async function answering(t: TestContext, admin: FakeAdmin['admin'] = {}) {
  const app = await fakeAdminApp({ admin });
  t.after(() => app.close());
  return (url: string, headers: Record<string, string> = {}, method: InjectOptions['method'] & string = 'GET') =>
    app.inject({ method, url, headers });
}

const API = '/v1/api/metrics';

test('without a token, a loopback caller may read', async (t) => {
  const get = await answering(t);
  assert.equal((await get(API)).statusCode, 200);
});

test('with a token, every API route and unknown path wants it', async (t) => {
  const get = await answering(t, { token: 'secret' });
  for (const url of [
    API,
    '/v1/api/backends',
    '/v1/api/backends/api-1',
    '/v1/api/rate-limit',
    '/ws/metrics',
    '/nowhere',
  ]) {
    const { statusCode, headers, json } = await get(url);
    assert.equal(statusCode, 401, url);
    assert.equal(headers['www-authenticate'], 'Bearer realm="sluice"');
    assert.equal(json().error, 'GW_UNAUTHORIZED');
  }
  assert.equal((await get(API, { authorization: 'Bearer secret' })).statusCode, 200);
});

test('a wrong token is distinguished from none', async (t) => {
  const get = await answering(t, { token: 'secret' });
  const { statusCode, headers } = await get(API, { authorization: 'Bearer wrong' });
  assert.equal(statusCode, 401);
  assert.equal(headers['www-authenticate'], 'Bearer realm="sluice", error="invalid_token"');
});

test('a token in the query or, without an upgrade, in a subprotocol is not accepted', async (t) => {
  const get = await answering(t, { token: 'secret' });
  assert.equal((await get(`${API}?token=secret&access_token=secret`)).statusCode, 401);
  const protocol = { 'sec-websocket-protocol': `sluice.bearer.${Buffer.from('secret').toString('base64url')}` };
  assert.equal((await get(API, protocol)).statusCode, 401);
});

test('probes, the documentation and its document answer without a token', async (t) => {
  const get = await answering(t, { token: 'secret' });
  for (const url of ['/livez', '/readyz', '/docs/', '/docs/json', '/docs/static/swagger-ui.css']) {
    assert.equal((await get(url)).statusCode, 200, url);
  }
});

const TOKENS = (['viewer', 'operator', 'admin'] as const).map((role) => ({
  name: `the-${role}`,
  role,
  hash: hashAccessToken(`${role}-token`),
}));
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Routes by the role they need; others follow their method. */
const NEEDS_ADMIN = [
  'POST /v1/api/config/reload',
  'PUT /v1/api/config',
  'POST /v1/api/config/apply',
  'POST /v1/api/config/rollback/{number}',
  'DELETE /v1/api/config/watch',
  'POST /v1/api/certificates',
  'DELETE /v1/api/certificates/{id}',
  'POST /v1/api/certificates/{id}/renew',
  'POST /v1/api/acme/{issuer}/rollover',
  'GET /v1/api/config/text',
  'POST /v1/api/recordings',
  'GET /v1/api/recordings/{id}/lines',
  'DELETE /v1/api/recordings/{id}',
];

test('every route wants the role of its method: viewer to read, operator to change; some want admin', async (t) => {
  const app = await fakeAdminApp({ admin: { tokens: TOKENS } });
  t.after(() => app.close());
  await app.ready();
  const document = app.swagger() as unknown as { paths: Record<string, Record<string, object>> };
  let checked = 0;
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [name, operation] of Object.entries(methods)) {
      const method = name.toUpperCase();
      if ('security' in operation) continue;
      const isRead = method === 'GET' || /\/(?:what-if|explain)$/.test(path);
      const needed = NEEDS_ADMIN.includes(`${method} ${path}`) ? 'admin' : isRead ? 'viewer' : 'operator';
      for (const { role } of TOKENS) {
        const url = path.replaceAll(/\{.*?\}/g, 'x');
        const { statusCode, json } = await app.inject({
          method: method as 'GET',
          url,
          headers: bearer(`${role}-token`),
        });
        const label = `${role} ${method} ${path}`;
        assert.notEqual(statusCode, 401, label);
        if (isAtLeast(role, needed)) assert.notEqual(statusCode, 403, label);
        else {
          assert.equal(statusCode, 403, label);
          // The paths of older balancers have their own envelope, with the message in `error`.
          const { message, error } = json<{ message?: string; error: string }>();
          assert.equal(message ?? error, `This needs the role ${needed}; yours is ${role}`, label);
        }
        checked += 1;
      }
    }
  }
  assert.ok(checked >= 3 * 15, `${checked} checked`);
});

test('a missing resource is no secret to a viewer, and not found by a change of theirs either', async (t) => {
  const send = await answering(t, { tokens: TOKENS });
  assert.equal((await send('/v1/api/nothing', bearer('viewer-token'))).statusCode, 404);
  assert.equal((await send('/v1/api/nothing', bearer('viewer-token'), 'POST')).statusCode, 403);
  assert.equal((await send('/v1/api/nothing', bearer('operator-token'), 'POST')).statusCode, 404);
});

test('tokens taken by a reload open at once, and those it takes away no longer', async (t) => {
  let settings = loadText(POOL, 'c.yaml', {}, {});
  const app = await fakeAdminApp({ currentSettings: () => settings });
  t.after(() => app.close());
  const get = (token: string) => app.inject({ url: API, headers: bearer(token) });
  assert.equal((await get('viewer-token')).statusCode, 200, 'none is asked for');
  settings = { ...settings, admin: { ...settings.admin, token: 'first' } };
  assert.equal((await get('viewer-token')).statusCode, 401);
  assert.equal((await get('first')).statusCode, 200);
  settings = { ...settings, admin: { ...settings.admin, token: null, tokens: TOKENS } };
  assert.equal((await get('viewer-token')).statusCode, 200);
  assert.equal((await get('first')).statusCode, 401);
});

test('after ten wrong tokens an address has to wait for the next try', async (t) => {
  const get = await answering(t, { token: 'chosen' });
  for (let at = 0; at < 10; at += 1) assert.equal((await get(API, bearer(`wrong-${at}`))).statusCode, 401);
  const refused = await get(API, bearer('wrong'));
  assert.equal(refused.json().error, 'GW_TOO_MANY_ATTEMPTS');
  // An older path has another body.
  for (const { statusCode, headers } of [refused, await get('/api/backends', bearer('wrong'))]) {
    assert.equal(statusCode, 429);
    assert.ok(Number(headers['retry-after']) >= 1 && Number(headers['retry-after']) <= 6);
  }
  assert.equal((await get('/v1/api/session', bearer('wrong'))).statusCode, 429, 'the session is no way around');
  assert.equal((await get('/livez', bearer('wrong'))).statusCode, 200, 'probes look at no token');
  assert.equal((await get(API)).statusCode, 401, 'no token is no try');
});

test('a valid token, generated or chosen, works from the address of a guesser', async (t) => {
  const mine = createAccessToken();
  const tokens = [{ name: 'jo', role: 'viewer', hash: hashAccessToken(mine) }] as const;
  const get = await answering(t, { token: 'chosen', tokens });
  for (let at = 0; at < 20; at += 1) await get(API, bearer('wrong'));
  assert.equal((await get(API, bearer(mine))).statusCode, 200);
  assert.equal((await get(API, bearer('chosen'))).statusCode, 200);
  assert.equal((await get(API, bearer(createAccessToken()))).statusCode, 429);
  assert.equal((await get(API, bearer('wrong'))).statusCode, 429, 'the right one does not forgive the wrong ones');
});

test('requests without a token lock nobody out', async (t) => {
  const get = await answering(t, { token: 'chosen' });
  for (let at = 0; at < 30; at += 1) assert.equal((await get(API)).statusCode, 401);
  assert.equal((await get(API, bearer('chosen'))).statusCode, 200);
});

test('guessing is logged once, without the guesses', async (t) => {
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const app = await fakeAdminApp({ admin: { token: 'chosen' }, logger });
  t.after(() => app.close());
  for (let at = 0; at < 30; at += 1) await app.inject({ url: API, headers: bearer('hunter2') });
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /"address":"127\.0\.0\.1".*too many wrong tokens/);
  assert.doesNotMatch(lines[0]!, /hunter2/);
});
