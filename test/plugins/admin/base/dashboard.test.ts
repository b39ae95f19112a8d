import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import Fastify from 'fastify';
import fp from 'fastify-plugin';
import dashboard from '../../../../plugins/admin/base/dashboard.ts';
import { fakeAdminApp } from '../../../support/admin-app.ts';

async function app(t: TestContext, isBuilt = true) {
  const root = mkdtempSync(join(tmpdir(), 'sluice-dashboard-'));
  mkdirSync(join(root, 'assets'));
  if (isBuilt) writeFileSync(join(root, 'index.html'), '<title>page</title>');
  writeFileSync(join(root, 'favicon.svg'), '<svg/>');
  writeFileSync(join(root, 'assets/index-abc.js'), 'let a;');
  const server = Fastify();
  server.register(fp(async () => undefined, { name: 'auth' }));
  server.register(fp(async () => undefined, { name: 'security-headers' }));
  server.register(dashboard, { root });
  t.after(async () => {
    await server.close();
    rmSync(root, { recursive: true });
  });
  return server;
}

const html = { accept: 'text/html' };

test('every view answers with the page, read again each time', async (t) => {
  const server = await app(t);
  for (const url of [
    '/',
    '/ui/backends',
    '/ui/backends/b%2F1',
    '/ui/clients',
    '/ui/limits',
    '/ui/routes',
    '/ui/certificates',
    '/ui/events',
    '/ui/configuration',
  ]) {
    const { statusCode, headers, body } = await server.inject({ url, headers: html });
    assert.deepEqual([statusCode, headers['cache-control'], body], [200, 'no-cache', '<title>page</title>'], url);
    assert.ok(headers.etag);
  }
});

test('a page that did not change is not sent again', async (t) => {
  const server = await app(t);
  const { headers } = await server.inject({ url: '/', headers: html });
  const again = await server.inject({ url: '/', headers: { ...html, 'if-none-match': String(headers.etag) } });
  assert.equal(again.statusCode, 304);
});

test('files whose name carries a hash are cached forever; a missing one is 404', async (t) => {
  const server = await app(t);
  const { headers } = await server.inject('/assets/index-abc.js');
  assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal((await server.inject('/assets/index-old.js')).statusCode, 404);
  assert.equal((await server.inject('/assets/../index.html')).statusCode, 404);
  assert.equal((await server.inject('/favicon.svg')).headers['content-type'], 'image/svg+xml');
});

test('an unknown address is no page, and a view is none for clients that want JSON', async (t) => {
  const admin = await fakeAdminApp();
  t.after(() => admin.close());
  assert.equal((await admin.inject({ url: '/nowhere', headers: html })).statusCode, 404);
  const answer = await admin.inject({ url: '/ui/backends', headers: { accept: 'application/json' } });
  assert.deepEqual([answer.statusCode, answer.json().error], [404, 'GW_NOT_FOUND']);
});

test('the page needs no token, allows nothing inline, and says so when it is not built', async (t) => {
  const admin = await fakeAdminApp({ admin: { token: 'secret' } });
  t.after(() => admin.close());
  const page = await admin.inject({ url: '/', headers: html });
  assert.notEqual(page.statusCode, 401);
  assert.match(String(page.headers['content-security-policy']), /script-src 'self'; style-src 'self';/);
  const { statusCode, body } = await (await app(t, false)).inject({ url: '/', headers: html });
  assert.equal(statusCode, 503);
  assert.match(body, /npm run build/);
});
