import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startPolicyWorld } from '../../support/policy-world.ts';
import { rawResponse } from '../../support/raw-socket.ts';

const HTML = 'Accept: text/html,*/*;q=0.8';

function page(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pages-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'page.html'), text);
  return JSON.stringify(join(folder, 'page.html'));
}

test('an error of the gateway is a page for a browser and JSON for a program', async (t) => {
  const { ask, log } = await startPolicyWorld(
    t,
    `rate_limit: { default: { capacity: 4, rate_per_second: 0.001 } }
routes: [{ pool: default, max_body_bytes: 1, error_pages: { pages: { 4xx: ${page(t, '<p>{status} {message} {request_id}')} } } }]
`,
  );
  const html = await ask('POST /', [HTML, 'X-Request-Id: r-1'], 'long');
  assert.match(html, /^HTTP\/1\.1 413 [^]*\r\ncontent-type: text\/html; charset=utf-8\r\ncontent-length: 42\r\n/);
  assert.match(html, /\r\nvary: accept\r\n[^]*\r\n\r\n<p>413 The body is larger than 1 bytes r-1$/);
  const json = await ask('POST /', ['Accept: */*'], 'long');
  assert.match(json, /\r\ncontent-type: application\/json[^]*\r\nvary: accept\r\n[^]*"GW_BODY_TOO_LARGE"/);
  await ask('/');
  await ask('/');
  assert.match(await ask('/', [HTML]), /^HTTP\/1\.1 429 [^]*\r\nretry-after: [^]*<p>429 Rate limit exceeded /);
  const grpc = await ask('POST /', [HTML, 'Content-Type: application/grpc'], 'x');
  assert.match(grpc, /\r\ngrpc-status: [^]*\r\n\r\n$/);
  assert.equal(log.filter(({ error }) => error === 'GW_BODY_TOO_LARGE').length, 2);
});

test("a backend's answer keeps its body unless it is intercepted", async (t) => {
  const file = page(t, '<h1>{status} {message}</h1>');
  const answer = rawResponse('trace of a program', '500 Oops', [
    'Content-Type: text/plain',
    'ETag: "1"',
    'Content-Encoding: identity',
    'Set-Cookie: a=1',
    'Set-Cookie: b=2',
  ]);
  const { ask, log } = await startPolicyWorld(
    t,
    `- { path_prefix: /own, pool: default, error_pages: { pages: { 5xx: ${file} } } }
- { path_prefix: /all, pool: default, error_pages: { pages: { 5xx: ${file} }, intercept: true }, security_headers: true }`,
    answer,
  );
  assert.match(await ask('/own', [HTML]), /^HTTP\/1\.1 500 Oops\r\n[^]*trace of a program$/);
  const html = await ask('/all', [HTML]);
  assert.match(html, /^HTTP\/1\.1 500 Internal Server Error\r\ncontent-type: text\/html; charset=utf-8\r\n/);
  assert.match(html, /\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n/);
  assert.match(html, /\r\nx-content-type-options: nosniff\r\n/);
  assert.match(html, /\r\ncontent-length: 34\r\n[^]*\r\n\r\n<h1>500 Internal Server Error<\/h1>$/);
  assert.doesNotMatch(html, /etag|content-encoding|trace of/i);
  const head = await ask('HEAD /all', [HTML]);
  assert.match(head, /\r\ncontent-length: 34\r\n[^]*\r\n\r\n$/);
  const json = await ask('/all');
  assert.match(
    json,
    /\r\ncontent-type: application\/json; charset=utf-8\r\n[^]*\{"code":500,"message":"Internal Server Error",/,
  );
  const upgrade = await ask('/all', [HTML, 'Upgrade: websocket', 'Sec-WebSocket-Key: x', 'Sec-WebSocket-Version: 13']);
  assert.match(upgrade, /^HTTP\/1\.1 500 [^]*<h1>500 Internal Server Error<\/h1>$/);
  const grpc = await ask('POST /all', [HTML, 'Content-Type: application/grpc-web'], 'x');
  assert.match(grpc, /trace of a program$/);
  assert.equal(log.filter(({ status, backend }) => status === 500 && backend === 'b0').length, 6);
});
