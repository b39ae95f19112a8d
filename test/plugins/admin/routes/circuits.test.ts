/** Circuits over the real control plane, without traffic threads. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CircuitView } from '../../../../src/breaker/api/circuit-view.ts';
import { startLiveControl } from '../../../support/live-control.ts';

const BASE = '/v1/api/circuit-breaker';
const URL_A = encodeURIComponent('http://a:1');
const YAML = `
pools:
  p: { backends: [{ url: "http://a:1", id: a }, { url: "http://b:1", id: b }] }
  q: { backends: [{ url: "http://a:1", id: qa }] }
routes: [{ pool: p }]
`;

type Circuits = Record<string, CircuitView>;

describe('forcing a circuit open', () => {
  it('opens it for so long, a minute when nothing is said, and says until when', async (t) => {
    const { send, tables, slot } = await startLiveControl(t, YAML);
    for (const [body, seconds] of [
      [undefined, 60],
      [{}, 60],
      [{ seconds: 86_400 }, 86_400],
      [{ seconds: 1 }, 1],
    ] as const) {
      const before = tables.clock.nowMs();
      const answer = await send('POST', `${BASE}/a/open`, body);
      assert.equal(answer.statusCode, 200, answer.body);
      const { a, ...others } = answer.json<Circuits>();
      assert.deepEqual(others, {});
      assert.equal(a!.state, 'open');
      assert.equal(a!.forced_until, a!.next_attempt);
      const untilMs = tables.backends.openUntil(slot('a'));
      assert.ok(untilMs >= before + seconds * 1000 && untilMs <= tables.clock.nowMs() + seconds * 1000);
    }
    const { circuit, circuit_forced_until, available, reason } = (await send('GET', '/v1/api/backends/a')).json();
    assert.deepEqual([circuit, available, reason], ['open', false, 'circuit_open']);
    assert.match(circuit_forced_until, /^\d{4}-\d\d-\d\dT/);
    assert.equal((await send('GET', '/v1/api/backends/b')).json().circuit_forced_until, null);
  });

  it('works where circuits are off', async (t) => {
    const { send } = await startLiveControl(t, `${YAML}circuit_breaker: { enabled: false }\n`);
    await send('POST', `${BASE}/a/open`);
    const { available, reason } = (await send('GET', '/v1/api/backends/a')).json();
    assert.deepEqual([available, reason], [false, 'circuit_open']);
    await send('POST', `${BASE}/a/reset`);
    assert.equal((await send('GET', '/v1/api/backends/a')).json().available, true);
  });

  it('needs no database', async (t) => {
    const { send, store } = await startLiveControl(t, YAML);
    store.isAway = true;
    assert.equal((await send('POST', `${BASE}/a/open`)).statusCode, 200);
  });

  it('names what is wrong with the seconds', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    for (const seconds of [0, 86_401, 1.5, '60', null]) {
      const answer = await send('POST', `${BASE}/a/open`, { seconds });
      assert.equal(answer.statusCode, 400);
      const [problem] = answer.json().details;
      assert.equal(problem.field, 'seconds');
      assert.match(problem.message, /^must be a whole number from 1 to 86400, found /);
    }
    assert.equal((await send('POST', `${BASE}/a/open`, { second: 1 })).json().details[0].field, 'second');
    assert.equal((await send('POST', `${BASE}/a/open`, '{')).json().error, 'GW_BAD_JSON');
    assert.equal((await send('GET', '/v1/api/backends/a')).json().circuit, 'closed');
  });
});

describe('a circuit', () => {
  it('is closed by a reset, even if an operator opened it, and its trips are forgotten', async (t) => {
    const { send, circuits, slot, applied } = await startLiveControl(t, YAML);
    const settings = applied[0]!.pools[0]!.circuitBreaker;
    for (let failure = 0; failure < settings.consecutiveFailures; failure += 1) {
      circuits.failed(slot('a'), circuits.admit(slot('a'), settings, 1), settings, 1);
    }
    assert.deepEqual(pick((await send('GET', `${BASE}/a`)).json<Circuits>()['a']!), ['open', 1, null]);
    assert.deepEqual(pick((await send('POST', `${BASE}/a/reset`)).json<Circuits>()['a']!), ['closed', 0, null]);
    await send('POST', `${BASE}/a/open`);
    assert.deepEqual(pick((await send('POST', `${BASE}/a/reset`)).json<Circuits>()['a']!), ['closed', 0, null]);
  });

  it('is named by the URL, too: then by that of every pool', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    assert.deepEqual(Object.keys((await send('POST', `${BASE}/${URL_A}/open`)).json()), ['a', 'qa']);
    assert.deepEqual(Object.keys((await send('GET', `${BASE}/${encodeURIComponent('HTTP://A:1/')}`)).json()), [
      'a',
      'qa',
    ]);
    assert.deepEqual(Object.keys((await send('POST', `${BASE}/${URL_A}/reset`)).json()), ['a', 'qa']);
  });

  it('of no backend is 404', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    for (const name of ['nobody', encodeURIComponent('http://z:1'), encodeURIComponent('http://u:p@a:1')]) {
      for (const [method, path] of [
        ['GET', ''],
        ['POST', '/reset'],
        ['POST', '/open'],
      ] as const) {
        const answer = await send(method, `${BASE}/${name}${path}`);
        assert.deepEqual([answer.statusCode, answer.json().error], [404, 'GW_BACKEND_NOT_FOUND']);
      }
    }
  });
});

function pick({ state, trips, forced_until: until }: CircuitView): unknown[] {
  return [state, trips, until];
}
