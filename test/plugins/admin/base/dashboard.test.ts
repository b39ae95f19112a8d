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
  for (const url of ['/nowhere', '/backend/b1?x=1']) {
    const page = await admin.inject({ url, headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    assert.deepEqual([page.statusCode, page.headers['content-type']], [404, 'text/html; charset=utf-8'], url);
    assert.match(page.body, /There is no such page.*href="\/"/s);
  }
  for (const [url, accept] of [
    ['/nowhere', 'application/json'],
    ['/nowhere', '*/*'],
    ['/v1/api/nowhere', 'text/html'],
  ] as const) {
    const { statusCode, json } = await admin.inject({ url, headers: { accept } });
    assert.deepEqual([statusCode, json().error], [404, 'GW_NOT_FOUND'], `${url} ${accept}`);
  }
  const posted = await admin.inject({ method: 'POST', url: '/nowhere', headers: html });
  assert.equal(posted.json().error, 'GW_NOT_FOUND');
  const answer = await admin.inject({ url: '/ui/backends', headers: { accept: 'application/json' } });
  assert.deepEqual([answer.statusCode, answer.json().error], [404, 'GW_NOT_FOUND']);
});

test('an unknown view is answered with the page, which says so, and 404', async (t) => {
  const server = await app(t);
  for (const url of ['/ui/nowhere', '/ui/backends/b/1', '/ui']) {
    const { statusCode, body, headers } = await server.inject({ url, headers: html });
    assert.deepEqual([statusCode, body], [404, '<title>page</title>'], url);
    assert.match(String(headers['content-type']), /^text\/html/);
  }
  assert.equal((await server.inject({ url: '/ui/nowhere', headers: { accept: 'application/json' } })).statusCode, 404);
});

test('an unknown address needs no token to be unknown', async (t) => {
  const admin = await fakeAdminApp({ admin: { token: 'secret' } });
  t.after(() => admin.close());
  const page = await admin.inject({ url: '/nowhere', headers: html });
  assert.deepEqual([page.statusCode, page.headers['content-type']], [404, 'text/html; charset=utf-8']);
  const program = await admin.inject({ url: '/nowhere', headers: { accept: '*/*' } });
  assert.equal(program.statusCode, 401);
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
