/** What routes do instead of forwarding, or before it, for clients of HTTP/2, whose answers are written by other code. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askHttp2, dialHttp2 } from '../../support/http2-client.ts';
import { startPolicyWorld } from '../../support/policy-world.ts';

test('redirects, fixed answers, preflights, rewrites and refusals over HTTP/2', async (t) => {
  const { port, requests } = await startPolicyWorld(
    t,
    `server: { http2: { h2c: true } }
routes:
  - { path_prefix: /old, redirect: { path_prefix: /new } }
  - { path: /robots.txt, respond: { body: "Disallow: /" } }
  - { path_prefix: /denied, pool: default, deny: [127.0.0.0/8] }
  - { path_prefix: /files, pool: default, rewrite: { prefix: / } }
  - pool: default
    rewrite: { prefix: /v1 }
    security_headers: true
    cors: { origins: [https://app.test] }
`,
  );
  const session = dialHttp2(t, port);
  const ask = (path: string, headers: Record<string, string> = {}) => askHttp2(session, path, { headers });

  const moved = await ask('/old/a?b');
  assert.deepEqual([moved.status, moved.headers['location'], moved.body], [308, '/new/a?b', '']);
  const robots = await ask('/robots.txt');
  assert.deepEqual([robots.status, robots.body], [200, 'Disallow: /']);
  const known = await ask('/robots.txt', { 'if-none-match': robots.headers['etag']! });
  assert.deepEqual([known.status, known.body, known.headers['content-length']], [304, '', undefined]);
  const head = await ask('/robots.txt', { ':method': 'HEAD' });
  assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '11']);
  const preflight = await ask('/a', {
    ':method': 'OPTIONS',
    origin: 'https://app.test',
    'access-control-request-method': 'PUT',
  });
  assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin']], [204, 'https://app.test']);
  assert.match((await ask('/denied')).body, /"GW_ADDRESS_REFUSED"/);
  assert.match((await ask('/files//evil.example')).body, /"GW_BAD_PATH"/);
  assert.deepEqual(requests, []);

  const forwarded = await ask('/a?b', { origin: 'https://app.test' });
  assert.equal(forwarded.status, 200);
  assert.equal(forwarded.headers['access-control-allow-origin'], 'https://app.test');
  assert.equal(forwarded.headers['x-content-type-options'], 'nosniff');
  assert.match(requests[0]!, /^GET \/v1\/a\?b HTTP\/1\.1\r\n/);
});
