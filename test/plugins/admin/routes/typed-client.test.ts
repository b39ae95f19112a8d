import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiClient } from '../../../support/api-client.ts';
import { fakeAdminApp } from '../../../support/admin-app.ts';

test('the typed client creates, reads, changes and deletes a client', async () => {
  const api = apiClient(await fakeAdminApp());
  const created = await api.POST('/v1/api/clients', {
    body: { ip_address: '192.0.2.7', capacity: 5, rate_per_second: 1 },
  });
  assert.equal(created.response.status, 201);
  assert.equal(created.data?.ip_address, '192.0.2.7');

  const params = { path: { key: '192.0.2.7' } };
  const changed = await api.PATCH('/v1/api/clients/{key}', { params, body: { capacity: 9 } });
  assert.equal(changed.data?.capacity, 9);
  const listed = await api.GET('/v1/api/clients', { params: { query: { limit: 10 } } });
  assert.deepEqual(
    listed.data?.map(({ capacity }) => capacity),
    [9],
  );
  assert.equal((await api.DELETE('/v1/api/clients/{key}', { params })).response.status, 204);
});

test('an error comes to the typed client as the error body that the document promises', async () => {
  const api = apiClient(await fakeAdminApp());
  const { error, data } = await api.GET('/v1/api/backends/{id}', { params: { path: { id: 'nobody' } } });
  assert.equal(data, undefined);
  assert.equal(error?.error, 'GW_BACKEND_NOT_FOUND');
  assert.equal(error?.code, 404);
});

test('a token given once goes with every call', async () => {
  const app = await fakeAdminApp({ admin: { token: 'a-token-of-enough-length' } });
  assert.equal((await apiClient(app).GET('/v1/api/backends')).response.status, 401);
  const api = apiClient(app, { authorization: 'Bearer a-token-of-enough-length' });
  assert.equal((await api.GET('/v1/api/backends')).response.status, 200);
});
