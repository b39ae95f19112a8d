import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { HealthCheckSettings } from '../../../src/config/settings.ts';
import { probe } from '../../../src/health/control/probe.ts';
import { startHttp2Backend } from '../../support/http2-backend.ts';
import { HEALTH_CHECK, TLS } from '../../support/pool-settings.ts';
import { startRawServer } from '../../support/raw-socket.ts';

const SIGNAL = new AbortController().signal;

function run(url: string, check: Partial<HealthCheckSettings> = {}, signal = SIGNAL) {
  const protocol = url.startsWith('https:') ? ('h2' as const) : ('h2c' as const);
  const at = { insecureSkipTlsVerify: true, protocol, tls: TLS, address: '127.0.0.1' };
  return probe(url, { ...HEALTH_CHECK, enabled: true, ...check }, signal, at);
}

for (const isTls of [false, true]) {
  test(`a backend that speaks HTTP/2 only is healthy, ${isTls ? 'with' : 'without'} TLS`, async (t) => {
    const backend = await startHttp2Backend(t, undefined, { isTls });
    const result = await run(`${backend.url}/base`, { path: '/health?deep=1', headers: { host: 'shop', 'x-a': '1' } });
    assert.ok(result.ok);
    assert.equal(result.status, 200);
    const { headers } = backend.asked[0]!;
    assert.equal(headers[':path'], '/base/health?deep=1');
    assert.equal(headers[':authority'], 'shop');
    assert.equal(headers['x-a'], '1');
    assert.match(headers['user-agent']!, /^sluice-health\//);
  });
}

test('expectations of status, fields and body apply', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream, headers }) => {
    stream.respond({ ':status': headers[':path'] === '/bad' ? 503 : 200, 'x-state': 'green' });
    stream.end('all is well');
  });
  assert.deepEqual(await run(backend.url, { path: '/bad' }), { ok: false, error: 'status 503' });
  assert.equal((await run(backend.url, { expectedBody: 'is well', expectedHeaders: { 'x-state': 'green' } })).ok, true);
  assert.deepEqual(await run(backend.url, { expectedBody: 'is ill' }), { ok: false, error: 'body without "is ill"' });
  assert.deepEqual(await run(backend.url, { expectedHeaders: { 'x-none': '' } }), {
    ok: false,
    error: 'no header x-none',
  });
});

test('a longer body is cut off, and the text must come before', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream }) => {
    stream.respond({ ':status': 200 });
    stream.write('x'.repeat(100_000));
  });
  assert.equal((await run(backend.url, { expectedBody: 'xxx' })).ok, true);
});

test('a server of HTTP/1.1 has no HTTP/2', async (t) => {
  const server = createServer((_, response) => response.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  assert.deepEqual(await run(`http://127.0.0.1:${port}`), { ok: false, error: 'no HTTP/2' });
});

test('a backend that resets, closes, or is silent is not healthy', async (t) => {
  const resetting = await startHttp2Backend(t, ({ stream }) => stream.close(2));
  assert.deepEqual(await run(resetting.url), { ok: false, error: 'stream reset' });
  const closing = await startRawServer((socket) => socket.end());
  t.after(() => closing.close());
  assert.equal((await run(closing.url)).ok, false);
  const silent = await startRawServer(() => undefined);
  t.after(() => silent.close());
  assert.deepEqual(await run(silent.url, { timeoutMs: 50 }), { ok: false, error: 'timeout after 50 ms' });
  const stopping = new AbortController();
  const running = run(silent.url, {}, stopping.signal);
  stopping.abort();
  assert.deepEqual(await running, { ok: false, error: 'aborted' });
});
