import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPolicyWorld } from '../../support/policy-world.ts';
import { rawResponse } from '../../support/raw-socket.ts';

test('security headers are on all answers of the route, and the backend has the last word on its own', async (t) => {
  const { ask } = await startPolicyWorld(
    t,
    `- { path_prefix: /, pool: default, max_body_bytes: 1, security_headers: true, response_headers: { remove: [referrer-policy] } }
- { path: /plain, pool: default }`,
    rawResponse('ok', '200 OK', ['X-Frame-Options: DENY']),
  );
  const answer = await ask('/');
  assert.match(answer, /\r\nX-Frame-Options: DENY\r\n/);
  assert.equal(answer.match(/x-frame-options/gi)?.length, 1);
  assert.match(answer, /\r\nx-content-type-options: nosniff\r\n/);
  assert.match(answer, /\r\ncross-origin-opener-policy: same-origin-allow-popups\r\n/);
  assert.match(answer, /\r\nx-permitted-cross-domain-policies: none\r\n/);
  assert.doesNotMatch(answer, /referrer-policy/);
  const refused = await ask('POST /', [], 'long');
  assert.match(refused, /^HTTP\/1\.1 413 [^]*\r\nx-frame-options: SAMEORIGIN\r\n/);
  assert.doesNotMatch(await ask('/plain'), /nosniff/);
});
