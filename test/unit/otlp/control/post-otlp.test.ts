/** One request to a collector, on real sockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { postOtlp, type PostResult, retryAfterMs } from '../../../../src/otlp/control/post-otlp.ts';
import { startCollector } from '../../../support/collector.ts';

const BODY = Buffer.from('{}');
const NEVER = new AbortController().signal;

async function answered(t: TestContext, answer: (response: ServerResponse) => void): Promise<PostResult> {
  const collector = await startCollector(t, answer);
  return postOtlp({ url: `${collector.url}/v1/traces`, headers: {} }, BODY, NEVER);
}

test('a request is JSON, compressed, with the configured headers', async (t) => {
  const collector = await startCollector(t);
  const body = JSON.stringify({ resourceSpans: [] });
  const target = { url: `${collector.url}/v1/traces`, headers: { authorization: 'Bearer x', 'X-Tenant': 'a' } };
  assert.deepEqual(await postOtlp(target, Buffer.from(body), NEVER), { kind: 'done', rejected: 0, message: '' });
  const [request] = collector.requests;
  assert.equal(request!.text, body);
  const { headers } = request!;
  assert.deepEqual(
    ['content-type', 'content-encoding', 'authorization', 'x-tenant'].map((name) => headers[name]),
    ['application/json', 'gzip', 'Bearer x', 'a'],
  );
});

test('partial success says how many were rejected, as a number or a text, and why', async (t) => {
  for (const [body, rejected, message] of [
    ['{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}', 3, 'too old'],
    ['{"partialSuccess":{"rejectedDataPoints":4}}', 4, ''],
    ['{"partialSuccess":{"rejectedLogRecords":5}}', 5, ''],
    ['{"partialSuccess":{}}', 0, ''],
    ['{"partialSuccess":{"rejectedSpans":-1}}', 0, ''],
    ['', 0, ''],
    ['not json', 0, ''],
    ['null', 0, ''],
  ] as const) {
    assert.deepEqual(
      await answered(t, (response) => void response.end(body)),
      { kind: 'done', rejected, message },
      body,
    );
  }
});

test('429, 502, 503 and 504 are worth another try, when the collector says; other errors are not', async (t) => {
  for (const status of [429, 502, 503, 504]) {
    const result = await answered(t, (response) => void response.writeHead(status, { 'retry-after': '7' }).end());
    assert.deepEqual(result, { kind: 'retry', reason: `it answered ${status}`, afterMs: 7000 });
  }
  for (const status of [400, 401, 404, 413, 500, 302]) {
    const result = await answered(t, (response) => void response.writeHead(status, { location: '/x' }).end());
    assert.deepEqual(result, { kind: 'refused', reason: `it answered ${status}` });
  }
});

test('a collector that hangs, before its head or within its answer, costs the time limit', async (t) => {
  const sockets: Socket[] = [];
  const hung = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(hung, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    hung.close();
  });
  const target = { url: `http://127.0.0.1:${(hung.address() as AddressInfo).port}/`, headers: {} };
  const late = { kind: 'retry', reason: 'no answer in time', afterMs: null };
  assert.deepEqual(await postOtlp(target, BODY, NEVER, 50), late);
  const half = await startCollector(t, (response) => void response.writeHead(200).write('{'));
  assert.deepEqual(await postOtlp({ url: half.url, headers: {} }, BODY, NEVER, 50), late);
});

test('a collector that is not there is named by its code, and a stop ends the request', async (t) => {
  const gone = await startCollector(t);
  const unused = createServer().listen(0, '127.0.0.1');
  await once(unused, 'listening');
  const { port } = unused.address() as AddressInfo;
  unused.close();
  await once(unused, 'close');
  const result = await postOtlp({ url: `http://127.0.0.1:${port}/`, headers: {} }, BODY, NEVER);
  assert.deepEqual(result, { kind: 'retry', reason: 'ECONNREFUSED', afterMs: null });
  assert.equal((await postOtlp({ url: gone.url, headers: {} }, BODY, AbortSignal.abort())).kind, 'retry');
});

test('Retry-After is a number of seconds or a date', () => {
  const nowMs = Date.parse('2026-12-01T10:00:00Z');
  assert.equal(retryAfterMs(null, nowMs), null);
  assert.equal(retryAfterMs('0', nowMs), 0);
  assert.equal(retryAfterMs('120', nowMs), 120_000);
  assert.equal(retryAfterMs('Tue, 01 Dec 2026 10:00:30 GMT', nowMs), 30_000);
  assert.equal(retryAfterMs('Tue, 01 Dec 2026 09:00:00 GMT', nowMs), 0);
  assert.equal(retryAfterMs('soon', nowMs), null);
  assert.equal(retryAfterMs('-1', nowMs), null);
});
