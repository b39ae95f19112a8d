import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeAdminApp } from '../../support/admin-app.ts';

test('liveness does not depend on readiness', async (t) => {
  const app = await fakeAdminApp({ readiness: () => ({ ready: false, reasons: ['stopping'] }) });
  t.after(() => app.close());
  const { statusCode, headers, json } = await app.inject('/livez');
  assert.equal(statusCode, 200);
  assert.match(String(headers['content-type']), /^application\/json/);
  assert.deepEqual(json(), { status: 'ok' });
});

test('readiness is asked anew each time, and says why not', async (t) => {
  let reasons: string[] = [];
  const app = await fakeAdminApp({ readiness: () => ({ ready: reasons.length === 0, reasons }) });
  t.after(() => app.close());
  const before = await app.inject('/readyz');
  assert.deepEqual([before.statusCode, before.json()], [200, { status: 'ready' }]);

  reasons = ['no backend is available', 'stopping'];
  const after = await app.inject('/readyz');
  assert.deepEqual([after.statusCode, after.json()], [503, { status: 'not_ready', reasons }]);
});
