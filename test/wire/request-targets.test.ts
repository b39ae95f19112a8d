import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

async function gateway(
  t: TestContext,
  more = '',
): Promise<{ readonly requests: readonly string[]; ask(bytes: string): Promise<string> }> {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], more));
  t.after(() => traffic.close());
  return {
    requests: backend.requests,
    ask: (bytes) =>
      new RawClient(traffic.port).send(bytes.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')).closed(),
  };
}

test('an absolute target is sent on as a path, and its host counts, not that of the Host field', async (t) => {
  const { requests, ask } = await gateway(t, 'routes: [{ host: shop.example, pool: default }]');
  assert.match(await ask('GET http://shop.example:81/a%2fb?c HTTP/1.1\r\nHost: other\r\n\r\n'), /^HTTP\/1\.1 200 /);
  assert.match(requests[0]!, /^GET \/a%2fb\?c HTTP\/1\.1\r\n/);
  assert.match(requests[0]!, /\r\nhost: shop\.example:81\r\n/i);
  assert.match(requests[0]!, /\r\nx-forwarded-host: shop\.example:81\r\n/i);
  assert.doesNotMatch(requests[0]!, /other/);
  assert.match(await ask('GET HTTP://SHOP.EXAMPLE?c HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 200 /);
  assert.match(requests[1]!, /^GET \/\?c HTTP\/1\.1\r\n/);
  assert.match(await ask('GET http://other/ HTTP/1.1\r\nHost: shop.example\r\n\r\n'), /^HTTP\/1\.1 404 /);
});

test('OPTIONS * is answered by the gateway', async (t) => {
  const { requests, ask } = await gateway(t);
  for (const target of ['*', 'http://x']) {
    const answer = await ask(`OPTIONS ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 204 /);
    assert.match(answer, /\r\nallow: GET, HEAD, POST/i);
    assert.match(answer, /\r\nx-request-id: /);
  }
  assert.equal(requests.length, 0);
  assert.match(await ask('OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 200 /);
  assert.equal(requests.length, 1);
});

test('CONNECT is refused with 405 and what is allowed, and the connection is closed', async (t) => {
  const { requests, ask } = await gateway(t);
  const answer = await ask('CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 405 /);
  assert.match(answer, /\r\nallow: GET, /);
  assert.match(answer, /\r\nconnection: close\r\n/);
  assert.match(answer, /"error":"GW_METHOD_NOT_ALLOWED"/);
  assert.equal(requests.length, 0);
});

test('Max-Forwards ends TRACE and OPTIONS at 0, is one less before, and nothing to other methods', async (t) => {
  const { requests, ask } = await gateway(t);
  const traced = await ask('TRACE /a?b HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\nCookie: secret\r\nX-A: 1\r\n\r\n');
  assert.match(traced, /^HTTP\/1\.1 200 .*\r\ncontent-type: message\/http\r\n/is);
  assert.match(traced, /\r\n\r\nTRACE \/a\?b HTTP\/1\.1\r\nHost: x\r\n.*X-A: 1\r\n/s);
  assert.doesNotMatch(traced, /secret/);
  assert.match(await ask('OPTIONS /a HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n'), /^HTTP\/1\.1 204 /);
  assert.equal(requests.length, 0);

  await ask('TRACE /a HTTP/1.1\r\nHost: x\r\nMax-Forwards: 10\r\n\r\n');
  assert.match(requests[0]!, /^TRACE \/a HTTP\/1\.1\r\n.*\r\nMax-Forwards: 9\r\n/s);
  await ask('GET /a HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n');
  assert.match(requests[1]!, /\r\nMax-Forwards: 0\r\n/);
});

test('Host is the client’s, or the backend’s own when it is not to be preserved', async (t) => {
  const kept = await gateway(t);
  await kept.ask('GET / HTTP/1.1\r\nHost: Shop.Example:81\r\n\r\n');
  assert.match(kept.requests[0]!, /\r\nhost: Shop\.Example:81\r\n/);
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(
    `pools: { default: { preserve_host: false, backends: [{ url: "${backend.url}" }] } }`,
  );
  t.after(() => traffic.close());
  await new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n').closed();
  assert.match(backend.requests[0]!, new RegExp(`\\r\\nhost: 127\\.0\\.0\\.1:${backend.port}\\r\\n`));
  assert.equal(backend.requests[0]!.match(/^host:/gim)!.length, 1);
});
