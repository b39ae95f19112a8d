/** The backends API over the real control plane, without traffic threads. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import { ERRORS, type ErrorBody, type ErrorCode } from '../../../../src/errors.ts';
import type { BackendView } from '../../../../src/backends/api/backend-view.ts';
import { settingsOf, startLiveControl } from '../../../support/live-control.ts';

const BASE = '/v1/api/backends';
const YAML = `
pools:
  p: { backends: [{ url: "http://a:1", id: a, weight: 3 }, { url: "http://b:1", id: b, enabled: false }] }
  q: { backends: [{ url: "http://c:1", id: c }] }
routes: [{ pool: p }]
`;

function assertError(answer: LightMyRequestResponse, error: ErrorCode): ErrorBody {
  const body = answer.json<ErrorBody>();
  assert.equal(body.error, error, answer.body);
  assert.equal(answer.statusCode, ERRORS[error][0]);
  return body;
}

function problems(body: ErrorBody): Record<string, string> {
  return Object.fromEntries((body.details ?? []).map(({ field, message }) => [field, message]));
}

function view(answer: LightMyRequestResponse, status = 200): BackendView {
  assert.equal(answer.statusCode, status, answer.body);
  const body = answer.json<BackendView>();
  assert.equal(answer.headers.etag, `"${body.version}"`);
  return body;
}

const shown = ({ source, overrides, file, version }: BackendView) => ({ source, overrides, file, version });
const UNTOUCHED = { source: 'file', overrides: [], file: null, version: 0 };

describe('POST /v1/api/backends', () => {
  it('adds a backend, returns its location, stores and applies it', async (t) => {
    const { send, store, applied } = await startLiveControl(t, YAML);
    const answer = await send('POST', BASE, { pool: 'q', url: 'http://D:80/base/', weight: 5, max_in_flight: 7 });
    const body = view(answer, 201);
    assert.equal(answer.headers.location, `${BASE}/q-d-80-base`);
    assert.deepEqual(
      [body.id, body.url, body.pool, body.weight, body.enabled, body.available],
      ['q-d-80-base', 'http://d/base', 'q', 5, true, true],
    );
    assert.deepEqual(shown(body), { source: 'api', overrides: [], file: null, version: 1 });
    const { url, pool, weight, enabled, backup, maxInFlight, draining } = (await store.get('q-d-80-base'))!;
    assert.deepEqual(
      { url, pool, weight, enabled, backup, maxInFlight, draining },
      { url: 'http://d/base', pool: 'q', weight: 5, enabled: true, backup: false, maxInFlight: 7, draining: null },
    );
    assert.deepEqual(
      applied.at(-1)!.pools.map(({ backends }) => backends.map(({ id }) => id)),
      [
        ['a', 'b'],
        ['c', 'q-d-80-base'],
      ],
    );
    assert.deepEqual(view(await send('GET', answer.headers.location!)).id, 'q-d-80-base');
  });

  it('takes a given id, and ends a made one in digits when it is taken', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    assert.equal(view(await send('POST', BASE, { pool: 'q', url: 'http://d:1', id: 'p-e-1' }), 201).id, 'p-e-1');
    assert.match(view(await send('POST', BASE, { pool: 'p', url: 'http://e:1' }), 201).id, /^p-e-1-[0-9a-f]{6}$/);
  });

  it('names every wrong field and what is allowed, and repeats no URL', async (t) => {
    const { send, applied } = await startLiveControl(t, YAML);
    const body = {
      pool: 7,
      url: 'http://user:secret@d:1',
      id: '-x',
      weight: 0,
      enabled: 'yes',
      backup: 1,
      max_in_flight: 0,
      x: 1,
    };
    const error = assertError(await send('POST', BASE, body), 'GW_VALIDATION');
    assert.deepEqual(problems(error), {
      pool: 'must be text, at most 63 characters, found 7',
      url: 'must be http://, https:// or h2c://, a host, and optionally a port and a base path; it contains credentials, which do not belong in a URL',
      id: 'must be 1 to 128 letters, digits, dots, colons, dashes and underscores, the first a letter or digit, found "-x"',
      weight: 'must be a whole number from 1 to 1000, found 0',
      enabled: 'must be true or false, found "yes"',
      backup: 'must be true or false, found 1',
      max_in_flight: 'must be a whole number from 1 to 1000000 or null, found 0',
      x: 'is not a known field; known: pool, url, id, weight, enabled, backup, max_in_flight',
    });
    assert.equal(applied.length, 1);
  });

  it('requires a pool and a URL', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    const error = assertError(await send('POST', BASE, {}), 'GW_VALIDATION');
    assert.deepEqual(Object.keys(problems(error)), ['pool', 'url']);
  });

  it('refuses an unknown pool and names those that there are', async (t) => {
    const { send, store } = await startLiveControl(t, YAML);
    const error = assertError(await send('POST', BASE, { pool: 'x', url: 'http://d:1' }), 'GW_VALIDATION');
    assert.deepEqual(problems(error), { pool: 'there is no pool "x"; pools: p, q' });
    assert.deepEqual(await store.all(), []);
  });

  it('refuses an id that is taken, and a URL that the pool has, however it is written', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    const taken = assertError(await send('POST', BASE, { pool: 'q', url: 'http://d:1', id: 'a' }), 'GW_BACKEND_EXISTS');
    assert.deepEqual(Object.keys(problems(taken)), ['id']);
    const twice = assertError(await send('POST', BASE, { pool: 'p', url: 'http://A:1/' }), 'GW_BACKEND_EXISTS');
    assert.deepEqual(problems(twice), { url: 'pool "p" already has this URL, as "a"' });
    assert.equal((await send('POST', BASE, { pool: 'q', url: 'http://a:1' })).statusCode, 201, 'another pool may');
  });

  it('refuses invalid JSON, and other types', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    assertError(await send('POST', BASE, '{"pool":'), 'GW_BAD_JSON');
    assertError(await send('POST', BASE, 'x', { 'content-type': 'text/plain' }), 'GW_UNSUPPORTED_MEDIA_TYPE');
    assert.equal((await send('POST', BASE, '[]')).statusCode, 400);
  });

  it('changes nothing while the database is away', async (t) => {
    const { send, store, applied } = await startLiveControl(t, YAML);
    store.isAway = true;
    assertError(await send('POST', BASE, { pool: 'q', url: 'http://d:1' }), 'GW_DATABASE_UNAVAILABLE');
    assert.equal(applied.length, 1);
    assert.equal((await send('GET', BASE)).json<BackendView[]>().length, 3, 'reading goes on');
  });
});

describe('PATCH /v1/api/backends/{id}', () => {
  it('lays values over the file’s and shows both', async (t) => {
    const { send, tables, slot } = await startLiveControl(t, YAML);
    const body = view(await send('PATCH', `${BASE}/a`, { weight: 9, enabled: false, max_in_flight: 5 }));
    assert.deepEqual([body.weight, body.enabled, body.reason], [9, false, 'disabled']);
    assert.deepEqual(shown(body), {
      source: 'file',
      overrides: ['weight', 'enabled', 'max_in_flight'],
      file: { weight: 3, enabled: true, max_in_flight: null },
      version: 1,
    });
    assert.deepEqual([tables.backends.weight(slot('a')), tables.backends.isEnabled(slot('a'))], [9, false]);
  });

  it('removes one override with null, and with the last one the file applies again', async (t) => {
    const { send, store } = await startLiveControl(t, YAML);
    await send('PATCH', `${BASE}/a`, { weight: 9, enabled: false });
    const one = view(await send('PATCH', `${BASE}/a`, { enabled: null }));
    assert.deepEqual([one.weight, one.enabled, one.overrides, one.version], [9, true, ['weight'], 2]);
    const none = view(await send('PATCH', `${BASE}/a`, { weight: null }));
    assert.deepEqual([none.weight, shown(none)], [3, UNTOUCHED]);
    assert.deepEqual(await store.all(), []);
  });

  it('moves a backend to another pool; it keeps its slot and with it what is known of it', async (t) => {
    const { send, slot, applied } = await startLiveControl(t, YAML);
    const before = slot('a');
    const body = view(await send('PATCH', `${BASE}/a`, { pool: 'q' }));
    assert.deepEqual([body.pool, body.file], ['q', { pool: 'p' }]);
    assert.equal(slot('a'), before);
    assert.deepEqual(
      applied.at(-1)!.pools.map(({ backends }) => backends.map(({ id }) => id)),
      [['b'], ['c', 'a']],
    );
    assert.equal(view(await send('PATCH', `${BASE}/a`, { pool: null })).pool, 'p');
  });

  it('changes an added backend; null is the default there, but a pool it must have', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    await send('POST', BASE, { pool: 'q', url: 'http://d:1', id: 'd', weight: 5, enabled: false });
    const body = view(await send('PATCH', `${BASE}/d`, { weight: null, enabled: null, pool: 'p' }));
    assert.deepEqual([body.weight, body.enabled, body.pool, body.source], [1, true, 'p', 'api']);
    const error = assertError(await send('PATCH', `${BASE}/d`, { pool: null }), 'GW_VALIDATION');
    assert.match(problems(error)['pool']!, /name of a pool/);
  });

  it('names every wrong field', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    const body = { weight: 1.5, enabled: 0, pool: '', backup: 'no', max_in_flight: 1e7, url: 'http://z:1' };
    const error = assertError(await send('PATCH', `${BASE}/a`, body), 'GW_VALIDATION');
    assert.deepEqual(Object.keys(problems(error)).toSorted(), Object.keys(body).toSorted());
    const unknown = assertError(await send('PATCH', `${BASE}/a`, { pool: 'x' }), 'GW_VALIDATION');
    assert.deepEqual(Object.keys(problems(unknown)), ['pool']);
  });

  it('refuses to move to a pool that has the URL', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    await send('POST', BASE, { pool: 'q', url: 'http://a:1', id: 'qa' });
    const error = assertError(await send('PATCH', `${BASE}/a`, { pool: 'q' }), 'GW_BACKEND_EXISTS');
    assert.equal(problems(error)['url'], undefined, 'it is the other one that would lose its slot');
    assert.match(error.message, /Override of backend "qa" would no longer apply/);
    assertError(await send('PATCH', `${BASE}/qa`, { pool: 'p' }), 'GW_BACKEND_EXISTS');
  });

  it('is a merge patch by type, too', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    const headers = { 'content-type': 'application/merge-patch+json' };
    assert.equal(view(await send('PATCH', `${BASE}/a`, { weight: 2 }, headers)).weight, 2);
  });

  it('with nothing in it changes nothing', async (t) => {
    const { send, applied, store } = await startLiveControl(t, YAML);
    assert.deepEqual(shown(view(await send('PATCH', `${BASE}/a`, {}))), UNTOUCHED);
    assert.equal(applied.length, 1);
    assert.deepEqual(await store.all(), []);
  });

  it('heeds If-Match: the version it was read with, 0 while nothing is stored', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    const patch = (weight: number, ifMatch: string) => send('PATCH', `${BASE}/a`, { weight }, { 'if-match': ifMatch });
    assertError(await patch(4, '"1"'), 'GW_PRECONDITION_FAILED');
    assert.equal(view(await patch(4, '"0"')).version, 1);
    assertError(await patch(5, '"0"'), 'GW_PRECONDITION_FAILED');
    assert.equal(view(await patch(5, '"7", "1"')).weight, 5);
    assert.equal(view(await patch(6, '*')).weight, 6);
    assertError(await patch(7, '3'), 'GW_BAD_REQUEST');
    assertError(await send('DELETE', `${BASE}/a`, undefined, { 'if-match': '"1"' }), 'GW_PRECONDITION_FAILED');
    assertError(await send('POST', `${BASE}/a/drain`, undefined, { 'if-match': '"1"' }), 'GW_PRECONDITION_FAILED');
    assert.equal(view(await send('GET', `${BASE}/a`)).weight, 6);
  });

  it('heeds If-None-Match: 304 for a read, 412 for a change of what is there', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    assert.equal((await send('GET', `${BASE}/a`, undefined, { 'if-none-match': '"0"' })).statusCode, 304);
    assert.equal((await send('GET', `${BASE}/a`, undefined, { 'if-none-match': '"1"' })).statusCode, 200);
    const star = { 'if-none-match': '*' };
    assertError(await send('PATCH', `${BASE}/a`, { weight: 4 }, star), 'GW_PRECONDITION_FAILED');
    assertError(await send('POST', `${BASE}/a/drain`, undefined, star), 'GW_PRECONDITION_FAILED');
    assertError(await send('DELETE', `${BASE}/a`, undefined, star), 'GW_PRECONDITION_FAILED');
    assertError(await send('PATCH', `${BASE}/none`, { weight: 4 }, star), 'GW_BACKEND_NOT_FOUND');
  });

  it('is 404 for what cannot be an id, whatever the database makes of it', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    for (const id of ['%00', 'a%00b', '%20', 'x'.repeat(300)]) {
      assertError(await send('PATCH', `${BASE}/${id}`, { weight: 4 }), 'GW_BACKEND_NOT_FOUND');
      assertError(await send('DELETE', `${BASE}/${id}`), 'GW_BACKEND_NOT_FOUND');
      assertError(await send('POST', `${BASE}/${id}/disable`), 'GW_BACKEND_NOT_FOUND');
    }
  });

  it('is 404 for a backend that is not there, 503 while the database is away', async (t) => {
    const { send, store } = await startLiveControl(t, YAML);
    assertError(await send('PATCH', `${BASE}/nobody`, { weight: 2 }), 'GW_BACKEND_NOT_FOUND');
    store.isAway = true;
    assertError(await send('PATCH', `${BASE}/a`, { weight: 2 }), 'GW_DATABASE_UNAVAILABLE');
    assert.equal(view(await send('GET', `${BASE}/a`)).weight, 3);
  });
});

describe('PUT /v1/api/backends/{id}', () => {
  const LIMITED = `
pools:
  p: { max_in_flight: 10, backends: [{ url: "http://a:1", id: a, weight: 3 }, { url: "http://b:1", id: b, max_in_flight: 4 }] }
  q: { backends: [{ url: "http://c:1", id: c }] }
routes: [{ pool: p }]
`;
  const get = async (send: Send, id: string) => view(await send('GET', `${BASE}/${id}`));
  type Send = Awaited<ReturnType<typeof startLiveControl>>['send'];

  it('accepts the answer of GET: unchanged, it changes nothing, whatever the overrides', async (t) => {
    const { send, applied, store } = await startLiveControl(t, LIMITED);
    await send('POST', BASE, { pool: 'q', url: 'http://d:1', id: 'd', enabled: false });
    await send('PATCH', `${BASE}/b`, { weight: 1, backup: true, pool: 'q' });
    await send('POST', `${BASE}/b/drain`);
    const [count, rows] = [applied.length, await store.all()];
    for (const id of ['a', 'b', 'c', 'd']) {
      const { headers, ...read } = await send('GET', `${BASE}/${id}`);
      const answer = await send('PUT', `${BASE}/${id}`, read.body, { 'if-match': String(headers.etag) });
      assert.deepEqual(view(answer), read.json(), id);
    }
    assert.equal(applied.length, count);
    assert.deepEqual(await store.all(), rows);
  });

  it('lays what differs over the file, and nothing where the file says the same', async (t) => {
    const { send, store } = await startLiveControl(t, LIMITED);
    const body = view(await send('PUT', `${BASE}/a`, { ...(await get(send, 'a')), weight: 9, enabled: false }));
    assert.deepEqual(shown(body), {
      source: 'file',
      overrides: ['weight', 'enabled'],
      file: { weight: 3, enabled: true },
      version: 1,
    });
    assert.equal(body.max_in_flight, 10, 'it is the pool’s still');
    const back = view(await send('PUT', `${BASE}/a`, { ...body, weight: 3, enabled: true }));
    assert.deepEqual(shown(back), UNTOUCHED);
    assert.deepEqual(await store.all(), []);
  });

  it('removes overrides that are left out; draining stays', async (t) => {
    const { send } = await startLiveControl(t, LIMITED);
    await send('PATCH', `${BASE}/b`, { weight: 9, max_in_flight: 7, pool: 'q' });
    await send('POST', `${BASE}/b/drain`);
    const body = view(await send('PUT', `${BASE}/b`, { pool: 'p', max_in_flight: null }));
    assert.deepEqual([body.weight, body.max_in_flight, body.pool, body.overrides], [1, 4, 'p', ['draining']]);
    await send('POST', BASE, { pool: 'q', url: 'http://d:1', id: 'd', weight: 5, enabled: false, max_in_flight: 2 });
    const added = view(await send('PUT', `${BASE}/d`, { pool: 'q' }));
    assert.deepEqual([added.weight, added.enabled, added.max_in_flight], [1, true, null]);
  });

  it('keeps in another pool the limit it had of the old one', async (t) => {
    const { send } = await startLiveControl(t, LIMITED);
    const body = view(await send('PUT', `${BASE}/a`, { ...(await get(send, 'a')), pool: 'q' }));
    assert.deepEqual([body.pool, body.max_in_flight, body.overrides], ['q', 10, ['pool', 'max_in_flight']]);
  });

  it('refuses another name, and every wrong field', async (t) => {
    const { send, applied } = await startLiveControl(t, LIMITED);
    const other = await send('PUT', `${BASE}/a`, { ...(await get(send, 'b')), pool: 'p' });
    assert.deepEqual(Object.keys(problems(assertError(other, 'GW_VALIDATION'))), ['id', 'opaque_id', 'url']);
    const wrong = { weight: 0, enabled: null, backup: 1, max_in_flight: 0, wieght: 1 };
    const error = assertError(await send('PUT', `${BASE}/a`, wrong), 'GW_VALIDATION');
    assert.deepEqual(Object.keys(problems(error)).toSorted(), ['pool', ...Object.keys(wrong)].toSorted());
    assertError(await send('PUT', `${BASE}/a`, { pool: 'x' }), 'GW_VALIDATION');
    assertError(await send('PUT', `${BASE}/nobody`, { pool: 'p' }), 'GW_BACKEND_NOT_FOUND');
    assert.equal(applied.length, 1);
  });

  it('heeds If-Match and If-None-Match', async (t) => {
    const { send } = await startLiveControl(t, LIMITED);
    const read = await get(send, 'a');
    await send('PATCH', `${BASE}/a`, { weight: 4 });
    assertError(await send('PUT', `${BASE}/a`, read, { 'if-match': '"0"' }), 'GW_PRECONDITION_FAILED');
    assertError(await send('PUT', `${BASE}/a`, read, { 'if-none-match': '"1"' }), 'GW_PRECONDITION_FAILED');
    assert.equal(view(await send('PUT', `${BASE}/a`, read, { 'if-match': '"1"' })).weight, 3);
  });
});

describe('DELETE /v1/api/backends/{id}', () => {
  it('removes an added backend', async (t) => {
    const { send, store, applied } = await startLiveControl(t, YAML);
    await send('POST', BASE, { pool: 'q', url: 'http://d:1', id: 'd' });
    assert.equal((await send('DELETE', `${BASE}/d`)).statusCode, 204);
    assertError(await send('GET', `${BASE}/d`), 'GW_BACKEND_NOT_FOUND');
    assertError(await send('DELETE', `${BASE}/d`), 'GW_BACKEND_NOT_FOUND');
    assert.deepEqual(await store.all(), []);
    assert.deepEqual(applied.at(-1), applied[0]);
  });

  it('restores the file’s values, and removes no backend of the file', async (t) => {
    const { send, store } = await startLiveControl(t, YAML);
    await send('PATCH', `${BASE}/a`, { weight: 9, pool: 'q', backup: true });
    await send('POST', `${BASE}/a/drain`);
    assert.equal((await send('DELETE', `${BASE}/a`)).statusCode, 204);
    const { weight, pool, draining, available, ...rest } = view(await send('GET', `${BASE}/a`));
    assert.deepEqual([weight, pool, draining, available], [3, 'p', false, true]);
    assert.deepEqual(shown(rest as BackendView), UNTOUCHED);
    assert.deepEqual(await store.all(), []);
    assertError(await send('DELETE', `${BASE}/a`), 'GW_BACKEND_IN_FILE');
  });

  it('is 503 while the database is away, and changes nothing', async (t) => {
    const { send, store } = await startLiveControl(t, YAML);
    await send('PATCH', `${BASE}/a`, { weight: 9 });
    store.isAway = true;
    assertError(await send('DELETE', `${BASE}/a`), 'GW_DATABASE_UNAVAILABLE');
    assert.equal(view(await send('GET', `${BASE}/a`)).weight, 9);
  });
});

describe('the actions of a backend', () => {
  it('drain shows how much is left until nothing is; undrain reverts it', async (t) => {
    const { send, row, slot, store } = await startLiveControl(t, YAML);
    row.started(slot('a'));
    const busy = view(await send('POST', `${BASE}/a/drain`));
    assert.deepEqual(
      [busy.draining, busy.drained, busy.in_flight, busy.reason, busy.overrides],
      [true, false, 1, 'draining', ['draining']],
    );
    row.ended(slot('a'));
    assert.equal(view(await send('GET', `${BASE}/a`)).drained, true);
    const back = view(await send('POST', `${BASE}/a/undrain`));
    assert.deepEqual([back.draining, back.drained, back.available], [false, false, true]);
    assert.deepEqual(await store.all(), []);
  });

  it('drain works on an added backend, and twice does no harm', async (t) => {
    const { send, applied } = await startLiveControl(t, YAML);
    await send('POST', BASE, { pool: 'q', url: 'http://d:1', id: 'd' });
    assert.equal(view(await send('POST', `${BASE}/d/drain`)).drained, true);
    const count = applied.length;
    assert.equal(view(await send('POST', `${BASE}/d/drain`)).drained, true);
    assert.equal(applied.length, count, 'current values are not applied again');
    assert.equal(view(await send('POST', `${BASE}/d/undrain`)).draining, false);
  });

  it('disable and enable say nothing where the file says the same', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    assert.deepEqual(view(await send('POST', `${BASE}/a/disable`)).file, { enabled: true });
    assert.deepEqual(shown(view(await send('POST', `${BASE}/a/enable`))), UNTOUCHED);
    const b = view(await send('POST', `${BASE}/b/enable`));
    assert.deepEqual([b.enabled, b.available, b.file], [true, true, { enabled: false }]);
    assert.deepEqual(shown(view(await send('POST', `${BASE}/b/disable`))), UNTOUCHED);
  });

  it('reset-metrics clears totals, averages, latencies and the error window; running requests stay', async (t) => {
    const { send, row, slot, circuits, applied, tables } = await startLiveControl(t, YAML);
    const circuit = applied[0]!.pools[0]!.circuitBreaker;
    const index = slot('a');
    const nowMs = tables.clock.nowMs();
    row.started(index);
    row.answered(index, 40, nowMs);
    const pass = circuits.admit(index, circuit, nowMs);
    circuits.succeeded(index, pass, circuit, nowMs);
    circuits.failed(index, pass, circuit, nowMs);
    const before = view(await send('GET', `${BASE}/a`));
    assert.deepEqual([before.requests_total, before.failures_total, before.ema_ms, before.error_rate], [2, 1, 40, 0.5]);
    assert.notEqual(before.p50, null);
    const after = view(await send('POST', `${BASE}/a/reset-metrics`));
    assert.deepEqual(
      [after.requests_total, after.failures_total, after.ema_ms, after.p50, after.error_rate, after.in_flight],
      [0, 0, null, null, 0, 1],
    );
    assert.equal((await send('GET', '/v1/api/circuit-breaker')).json().a.consecutive_failures, 0);
  });

  it('reset-metrics needs no database; the others are 503 without it', async (t) => {
    const { send, store } = await startLiveControl(t, YAML);
    store.isAway = true;
    view(await send('POST', `${BASE}/a/reset-metrics`));
    for (const action of ['drain', 'undrain', 'enable', 'disable']) {
      assertError(await send('POST', `${BASE}/a/${action}`), 'GW_DATABASE_UNAVAILABLE');
    }
  });

  it('are 404 for a backend that is not there, and for a word that is none', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    for (const action of ['drain', 'undrain', 'enable', 'disable', 'reset-metrics']) {
      assertError(await send('POST', `${BASE}/nobody/${action}`), 'GW_BACKEND_NOT_FOUND');
    }
    assertError(await send('POST', `${BASE}/a/explode`), 'GW_NOT_FOUND');
    assertError(await send('PUT', `${BASE}/a/drain`, {}), 'GW_METHOD_NOT_ALLOWED');
  });
});

describe('overrides that no longer fit after a reload', () => {
  it('is listed as a problem, can be put right or deleted, and comes back with its pool', async (t) => {
    const { send, registry } = await startLiveControl(t, YAML);
    await send('POST', BASE, { pool: 'q', url: 'http://d:1', id: 'd' });
    await send('PATCH', `${BASE}/c`, { weight: 2 });
    const onlyP = settingsOf('pools: { p: { backends: [{ url: "http://a:1", id: a }] } }');
    await registry.applyFile(onlyP);
    assert.deepEqual(
      registry.overlay().map(({ id, problem }) => [id, problem]),
      [
        ['c', 'the file has no backend with this id any more'],
        ['d', 'there is no pool "q"; pools: p'],
      ],
    );
    assertError(await send('GET', `${BASE}/d`), 'GW_BACKEND_NOT_FOUND');
    assertError(await send('PATCH', `${BASE}/c`, { weight: 3 }), 'GW_BACKEND_NOT_FOUND');
    assertError(await send('PATCH', `${BASE}/d`, { weight: 3 }), 'GW_VALIDATION');
    assertError(await send('POST', BASE, { pool: 'p', url: 'http://e:1', id: 'd' }), 'GW_BACKEND_EXISTS');
    assert.equal(view(await send('PATCH', `${BASE}/d`, { pool: 'p' })).pool, 'p');
    await registry.applyFile(settingsOf(YAML));
    assert.equal(view(await send('GET', `${BASE}/c`)).weight, 2);
    await registry.applyFile(onlyP);
    assert.equal((await send('DELETE', `${BASE}/c`)).statusCode, 204);
    assert.deepEqual(
      registry.overlay().map(({ id, problem }) => [id, problem]),
      [['d', null]],
    );
  });
});

describe('the audit log', () => {
  it('records changes of a backend, before and after, and who opened a circuit for how long', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    await send('PATCH', `${BASE}/a`, { weight: 9 });
    await send('POST', `${BASE}/a/drain`);
    await send('POST', BASE, { pool: 'q', url: 'http://d:1', id: 'd' });
    await send('DELETE', `${BASE}/d`);
    const startedAt = Date.now();
    await send('POST', '/v1/api/circuit-breaker/a/open', { seconds: 5 });
    const { items } = (await send('GET', '/v1/api/audit')).json<{
      items: { action: string; target: string; before: Record<string, unknown>; after: Record<string, unknown> }[];
    }>();
    const by = (name: string) => items.find(({ action }) => action === name)!;
    assert.deepEqual([by('changeBackend').before['weight'], by('changeBackend').after['weight']], [3, 9]);
    assert.deepEqual([by('drainBackend').before['draining'], by('drainBackend').after['draining']], [false, true]);
    assert.deepEqual([by('createBackend').target, by('createBackend').after['url']], ['d', 'http://d:1']);
    assert.deepEqual([by('deleteBackend').before['pool'], by('deleteBackend').after], ['q', null]);
    const { target, before, after } = by('openCircuit') as unknown as Record<string, Record<string, never>>;
    assert.deepEqual([target, before], ['a', { a: { circuit: 'closed', forced_until: null } }]);
    const { circuit, forced_until: until } = after!['a']!;
    assert.equal(circuit, 'open');
    assert.ok(Date.parse(until) > startedAt, until);
  });
});
