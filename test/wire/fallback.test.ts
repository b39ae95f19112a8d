import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { httpRequest } from '../support/http-request.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { startTraffic } from '../support/traffic.ts';

async function world(t: TestContext, more = '', answer = rawResponse('near')) {
  const [near, far] = await Promise.all([startRawBackend(answer), startRawBackend(rawResponse('far'))]);
  t.after(() => far.close());
  let isOpen = true;
  const killNear = async (): Promise<void> => {
    if (isOpen) await near.close();
    isOpen = false;
  };
  t.after(killNear);
  const traffic = await startTraffic(`
rate_limit: { enabled: false }
pools:
  near: { backends: [{ url: "${near.url}", id: n }], fallback: { pool: far } ${more} }
  far: { backends: [{ url: "${far.url}", id: f }] ${more.replace('s_near', 's_far')} }
routes: [{ pool: near }]
`);
  t.after(() => traffic.close());
  const fallbacks = (): number => traffic.tables.placements.fallbacks(0);
  return { ...traffic, near, far, killNear, fallbacks };
}

test('a request whose pool has no backend left to try is retried on the fallback', async (t) => {
  const { url, killNear, fallbacks } = await world(t);
  assert.equal((await httpRequest(`${url}/`)).body, 'near');
  assert.equal(fallbacks(), 0);
  await killNear();
  for (let count = 0; count < 12; count += 1) {
    const { status, body } = await httpRequest(`${url}/`, { method: 'POST', body: 'x' });
    assert.deepEqual([status, body], [200, 'far']);
  }
  // At first as retries, and once the circuit is open, at once.
  assert.equal(fallbacks(), 12);
});

test('an answer that is retried because of its status goes to the fallback, one that may have had an effect does not', async (t) => {
  const { url, near, far } = await world(t, '', rawResponse('ill', '503 Ill'));
  assert.equal((await httpRequest(`${url}/`)).body, 'far');
  const posted = await httpRequest(`${url}/`, { method: 'POST', body: 'x' });
  assert.deepEqual([posted.status, posted.body], [503, 'ill']);
  assert.deepEqual([near.requests.length, far.requests.length], [2, 1]);
});

test('without retries, only what the pool cannot take from the start goes to the fallback', async (t) => {
  const { url, tables, killNear } = await world(t, ', retries: { attempts: 0 }');
  await killNear();
  assert.equal((await httpRequest(`${url}/`)).status, 502);
  tables.backends.setHealth(0, 'down');
  assert.equal((await httpRequest(`${url}/`)).body, 'far');
});

test('a session stays with the backend of the fallback, also when the pool is back', async (t) => {
  const { url, tables } = await world(t, ', sticky: { enabled: true, cookie: s_near }');
  tables.backends.setHealth(0, 'down');
  const first = await httpRequest(`${url}/`);
  const cookie = String(first.headers['set-cookie']).split(';')[0]!;
  assert.match(cookie, /^s_far=/);
  tables.backends.setHealth(0, 'up');
  assert.equal((await httpRequest(`${url}/`)).body, 'near');
  assert.equal((await httpRequest(`${url}/`, { headers: { cookie } })).body, 'far');
  tables.backends.setHealth(1, 'down');
  const moved = await httpRequest(`${url}/`, { headers: { cookie } });
  assert.equal(moved.body, 'near');
  assert.match(String(moved.headers['set-cookie']), /^s_near=/);
});

test('with nothing available anywhere, the answer says so', async (t) => {
  const { url, tables } = await world(t);
  tables.backends.setHealth(0, 'down');
  tables.backends.setHealth(1, 'down');
  const { status, body } = await httpRequest(`${url}/`);
  assert.equal(status, 503);
  assert.match(body, /GW_NO_BACKEND/);
});
