import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { hashAccessToken } from '../../../../src/admin-access/access-token.ts';
import { fakeAdminApp, type FakeAdmin } from '../../../support/admin-app.ts';

async function session(t: TestContext, admin: FakeAdmin['admin'], token?: string) {
  const app = await fakeAdminApp({ admin: admin ?? {} });
  t.after(() => app.close());
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await app.inject({ url: '/v1/api/session', headers });
  return { status: answer.statusCode, body: answer.json() };
}

const tokens = [{ name: 'watch', role: 'viewer', hash: hashAccessToken('right') }] as const;

test('without any token configured, everybody may do everything', async (t) => {
  assert.deepEqual(await session(t, {}), { status: 200, body: { authentication: 'none', name: null, role: 'admin' } });
});

test('a caller without a token learns that one is required', async (t) => {
  const body = { authentication: 'token', name: null, role: null };
  assert.deepEqual(await session(t, { tokens }), { status: 200, body });
});

test('a caller with a token learns who it belongs to', async (t) => {
  const body = { authentication: 'token', name: 'watch', role: 'viewer' };
  assert.deepEqual(await session(t, { tokens }, 'right'), { status: 200, body });
});

test('a wrong token is refused here as anywhere', async (t) => {
  const { status, body } = await session(t, { tokens }, 'wrong');
  assert.deepEqual([status, body.error], [401, 'GW_UNAUTHORIZED']);
});
