import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPolicyWorld } from '../../support/policy-world.ts';

test('a file is the answer to every method, and no backend is asked', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-respond-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'down.html');
  writeFileSync(file, '<h1>B\u00fccher: back at noon</h1>');
  const { ask, requests, log } = await startPolicyWorld(
    t,
    `- name: down
  respond: { status: 503, file: ${JSON.stringify(file)}, headers: { Retry-After: "600" } }
  response_headers: { set: { x-route: '{route}' } }
- { path: /robots.txt, respond: { body: "Disallow: /\\n" } }`,
  );
  const answer = await ask('/any?x');
  assert.match(answer, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
  assert.match(answer, /\r\ncontent-type: text\/html; charset=utf-8\r\n/);
  assert.match(answer, /\r\nretry-after: 600\r\n/);
  assert.match(answer, /\r\nx-route: down\r\n/);
  assert.match(answer, /\r\ncontent-length: 30\r\n/);
  assert.match(answer, /\r\n\r\n<h1>B\xc3\xbccher: back at noon<\/h1>$/);
  const head = await ask('HEAD /');
  assert.match(head, /\r\ncontent-length: 30\r\n/);
  assert.match(head, /\r\n\r\n$/);
  assert.match(await ask('POST /', [], 'a body'), /^HTTP\/1\.1 503 /);
  assert.match(await ask('/', ['Upgrade: websocket', 'Sec-WebSocket-Key: x']), /^HTTP\/1\.1 503 /);
  const robots = await ask('/robots.txt');
  assert.match(robots, /^HTTP\/1\.1 200 [^]*\r\n\r\nDisallow: \/\n$/);
  const [, tag = ''] = /\r\netag: (\S+)\r\n/.exec(robots) ?? [];
  const unchanged = await ask('/robots.txt', [`If-None-Match: ${tag}`]);
  assert.match(unchanged, /^HTTP\/1\.1 304 [^]*\r\n\r\n$/);
  assert.doesNotMatch(unchanged, /content-length|transfer-encoding/i);
  assert.deepEqual(requests, []);
  assert.equal(log.filter(({ route, error }) => route === 'down' && error === undefined).length, 4);
});
