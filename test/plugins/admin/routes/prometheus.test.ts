import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeAdminApp } from '../../../support/admin-app.ts';

test('/metrics is answered in the text format, whatever Accept says', async (t) => {
  const app = await fakeAdminApp();
  t.after(() => app.close());
  for (const accept of ['*/*', 'application/openmetrics-text;version=1.0.0', 'application/json']) {
    const { statusCode, headers, body } = await app.inject({ url: '/metrics', headers: { accept } });
    assert.equal(statusCode, 200);
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.match(body, /^# HELP sluice_requests_total .+\n# TYPE sluice_requests_total counter\n/);
    assert.ok(body.endsWith('\n'));
  }
});

test('/metrics requires the token if there is one', async (t) => {
  const app = await fakeAdminApp({ admin: { token: 'a-token-of-some-length' } });
  t.after(() => app.close());
  assert.equal((await app.inject('/metrics')).statusCode, 401);
  const headers = { authorization: 'Bearer a-token-of-some-length' };
  assert.equal((await app.inject({ url: '/metrics', headers })).statusCode, 200);
});
