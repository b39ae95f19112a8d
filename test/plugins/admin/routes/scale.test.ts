import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeAdminApp } from '../../../support/admin-app.ts';

test('advice is answered with every signal and its reason; of a pool, with flat numbers', async (t) => {
  const app = await fakeAdminApp();
  t.after(() => app.close());
  const { statusCode, json } = await app.inject('/v1/api/scale');
  assert.equal(statusCode, 200);
  const { at, gateways, gateway, pools } = json();
  assert.deepEqual([at, gateways, gateway], ['2026-01-31T00:00:00.000Z', 2, null]);
  assert.deepEqual(pools, [
    {
      pool: 'web',
      wanted: 4,
      present: 3,
      ready: 2,
      min: 1,
      max: 4,
      by: 'rps',
      asked: 5,
      limited_by: 'max',
      reason: 'rps 812.346, target 200: 5; max is 4; p95 not known',
      signals: [
        { signal: 'rps', value: 812.346, target: 200, wanted: 5 },
        { signal: 'p95', value: null, target: 500, wanted: null },
      ],
    },
  ]);
  assert.deepEqual((await app.inject('/v1/api/scale/web')).json(), pools[0]);
});

test('a pool without scale, or of another name, is not found', async (t) => {
  const app = await fakeAdminApp();
  t.after(() => app.close());
  const { statusCode, json } = await app.inject('/v1/api/scale/api');
  assert.deepEqual(
    [statusCode, json().error, json().message],
    [404, 'GW_NOT_FOUND', 'No pool api with scale in the configuration'],
  );
});
