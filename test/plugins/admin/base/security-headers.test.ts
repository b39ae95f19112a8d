import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeAdminApp } from '../../../support/admin-app.ts';

test('every answer forbids browsers to run foreign code or to frame it', async (t) => {
  const app = await fakeAdminApp({ admin: { token: 'secret' } });
  t.after(() => app.close());
  for (const url of ['/livez', '/v1/api/metrics', '/nowhere']) {
    const { headers } = await app.inject(url);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'/, url);
    assert.match(policy, /script-src 'self';/, url);
    assert.match(policy, /frame-ancestors 'none'/, url);
    assert.doesNotMatch(policy, /unsafe/, url);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['strict-transport-security'], undefined, 'this is plain HTTP');
  }
});

test('Swagger UI may style its elements, and still run no inline script', async (t) => {
  const app = await fakeAdminApp();
  t.after(() => app.close());
  const { headers } = await app.inject('/docs/');
  const policy = String(headers['content-security-policy']);
  assert.match(policy, /style-src 'self' 'unsafe-inline'/);
  assert.match(policy, /script-src 'self';/);
});
