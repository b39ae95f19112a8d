/** A server of keys that rotates them, answers rubbish, hangs and dies, and a gateway that verifies tokens all the while. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { createIssuer, ISSUER, type TokenIssuer } from '../support/token-issuer.ts';

class KeyServer {
  /** What it answers; null: nothing, ever. */
  body: string | null = '{}';
  fetches = 0;
  readonly server: Server = createServer((_request, response) => {
    this.fetches += 1;
    if (this.body !== null) response.end(this.body);
  });

  async listen(t: TestContext): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    t.after(() => this.kill());
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/keys`;
  }

  offer(...issuers: readonly TokenIssuer[]): void {
    this.body = JSON.stringify({ keys: issuers.map(({ jwk }) => jwk) });
  }

  kill(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

async function startWorld(t: TestContext, keys: KeyServer): Promise<TestGateway> {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const url = await keys.listen(t);
  return startTestGateway(
    t,
    `pools: { default: { backends: [{ url: "${backends[0]!.url}" }] } }
routes: [{ pool: default, auth: { jwt: { issuer: "${ISSUER}", audience: [api], jwks_url: "${url}" } } }]`,
  );
}

async function statusOf(gateway: TestGateway, token: string): Promise<number> {
  return (await httpRequest(gateway.trafficUrl, { headers: { authorization: `Bearer ${token}` } })).status;
}

test('keys rotate without a refused request, and stay in use while their server is broken', async (t) => {
  const keys = new KeyServer();
  const [old, next, stranger] = await Promise.all([
    createIssuer('ES256', 'old'),
    createIssuer('ES256', 'next'),
    createIssuer('ES256', 'x'),
  ]);
  keys.offer(old);
  const gateway = await startWorld(t, keys);
  // The very first request, while the keys may be on their way.
  assert.equal(await statusOf(gateway, await old.token()), 200);
  assert.equal(keys.fetches, 1);
  // An unknown key so soon after a fetch is no reason for another one.
  assert.equal(await statusOf(gateway, await stranger.token()), 401);
  assert.equal(keys.fetches, 1);

  for (const broken of ['rubbish', '{}', null]) {
    keys.body = broken;
    assert.equal(await statusOf(gateway, await old.token({ sub: String(broken) })), 200);
  }
  keys.kill();
  assert.equal(await statusOf(gateway, await old.token({ sub: 'killed' })), 200);
  assert.equal(await statusOf(gateway, await next.token()), 401);

  // A thread that starts now gets the keys, too.
  await gateway.workers[0]!.terminate();
  await eventually('another thread in its place', () => gateway.workers.length === 3);
  await eventually('readiness', async () => (await gateway.admin('/readyz')).status === 200);
  for (let at = 0; at < 8; at += 1) assert.equal(await statusOf(gateway, await old.token({ sub: `new ${at}` })), 200);
});

test('without keys the answer is 503 until the server has some', async (t) => {
  const keys = new KeyServer();
  const issuer = await createIssuer();
  keys.body = 'rubbish';
  const gateway = await startWorld(t, keys);
  const token = await issuer.token();
  assert.equal(await statusOf(gateway, token), 503);
  const events = (await gateway.admin('/v1/api/events')).body;
  assert.match(events, /the keys of http:[^"]* cannot be fetched: it is not JSON; routes that need them answer 503/);
  keys.offer(issuer);
  await eventually('a token that passes', async () => (await statusOf(gateway, token)) === 200);
  assert.match((await gateway.admin('/metrics')).body, /^sluice_auth_keys\{source="http:[^"]*"\} 1$/m);
  assert.match((await gateway.admin('/metrics')).body, /^sluice_auth_failures_total\{reason="keys"\} [1-9]/m);
});

test('a reload to another source of keys applies', async (t) => {
  const [first, second] = [new KeyServer(), new KeyServer()];
  const [old, next] = await Promise.all([createIssuer('ES256', 'a'), createIssuer('EdDSA', 'a')]);
  first.offer(old);
  second.offer(next);
  const gateway = await startWorld(t, first);
  assert.equal(await statusOf(gateway, await old.token()), 200);
  const url = await second.listen(t);
  const text = readFileSync(gateway.file, 'utf8').replace(/http:[^"]*\/keys/, url);
  gateway.write(text);
  assert.equal((await gateway.admin('/v1/api/config/reload', { method: 'POST' })).status, 200);
  assert.equal(await statusOf(gateway, await next.token()), 200);
  assert.equal(await statusOf(gateway, await old.token()), 401);
});
