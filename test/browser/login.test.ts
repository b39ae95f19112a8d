/** A login through the traffic port, as a browser does it: a service decides, and a cookie carries the session. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { launchBrowser, skip } from '../support/browser.ts';
import { openPage } from '../support/chromium.ts';
import { startTraffic } from '../support/traffic.ts';

async function start(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const isLoggedIn = ({ headers: { cookie = '' } }: IncomingMessage): boolean =>
  /(?:^|; )session=right(?:;|$)/.test(cookie);

test('a page behind a login asks for it, opens after it, and closes with the cookie', { skip }, async (t) => {
  const identity = await start(t, (request, response) => {
    if (request.url === '/verify') {
      if (isLoggedIn(request)) response.writeHead(200, { 'x-auth-user': 'alice' }).end();
      else response.writeHead(302, { location: '/login' }).end();
      return;
    }
    if (request.method === 'POST') {
      response
        .writeHead(303, { location: '/app', 'set-cookie': 'session=right; HttpOnly; SameSite=Lax; Path=/' })
        .end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><link rel=icon href=data:,><form method=post><button>Log in</button></form>');
  });
  const users: unknown[] = [];
  const backends = await Promise.all(
    ['one', 'two'].map((name) =>
      start(t, ({ headers }, response) => {
        users.push(headers['x-auth-user']);
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end(`<!doctype html><link rel=icon href=data:,><h1>${String(headers['x-auth-user'])} at ${name}</h1>`);
      }),
    ),
  );
  const { url, close } = await startTraffic(`
pools:
  identity: { backends: [{ url: '${identity}' }] }
  app:
    algorithm: round-robin
    sticky: { enabled: true }
    backends: [{ url: '${backends[0]!}' }, { url: '${backends[1]!}' }]
routes:
  - { path: /login, pool: identity }
  - path_prefix: /app
    pool: app
    auth: { forward: { url: '${identity}/verify', headers_to_auth: [cookie], headers_to_backend: [x-auth-user] } }
`);
  t.after(close);
  const browser = await launchBrowser(t);
  const { page } = await openPage(browser);

  await page.goto(`${url}/app`);
  assert.equal(new URL(page.url()).pathname, '/login');
  assert.deepEqual(users, [], 'no backend is asked without a session');
  await page.getByRole('button', { name: 'Log in' }).click();
  const first = await page.getByRole('heading').textContent();
  assert.match(first!, /^alice at (one|two)$/);
  // The sticky cookie binds the browser to one of two backends that take turns.
  for (let count = 0; count < 3; count += 1) {
    await page.reload();
    assert.equal(await page.getByRole('heading').textContent(), first);
  }
  const cookies = await page.context().cookies();
  assert.deepEqual(
    cookies.map(({ httpOnly }) => httpOnly),
    [true, true],
  );
  await page.context().clearCookies({ name: 'session' });
  await page.goto(`${url}/app`);
  assert.equal(new URL(page.url()).pathname, '/login');
});
