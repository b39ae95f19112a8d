import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ProbeResult } from '../../../../src/health/control/probe.ts';
import { Prober } from '../../../../src/health/control/prober.ts';
import type { ProbeTarget } from '../../../../src/health/control/watched-target.ts';
import { HEALTH_CHECK, TLS } from '../../../support/pool-settings.ts';

const up: ProbeResult = { ok: true, status: 200, latencyMs: 1 };
const down: ProbeResult = { ok: false, error: 'status 503' };
const absent: ProbeResult = { ok: false, error: 'status 404' };
const HINT = 'it has no /health: set health_check.path, or health_check.enabled: false';
const own: ProbeResult = { ok: false, error: 'no file descriptor left', isOwn: true };

/** A prober whose probes end on the test's command, and whose rounds wait for the test. */
function harness(random = 0.5) {
  const probes: { url: string; address: string; signal: AbortSignal; end: (result: ProbeResult) => void }[] = [];
  const due: { task: () => void; ms: number }[] = [];
  const reported: unknown[] = [];
  const prober = new Prober({
    random: () => random,
    log: {
      info: (...line: unknown[]) => reported.push(line),
      warn: (...line: unknown[]) => reported.push(line),
    },
    onProbe: () => {},
    onVerdict: (id, verdict, reason) => reported.push([id, verdict, reason]),
    onAddressesDown: (id, down) => reported.push([id, down]),
    probe: (url, _check, signal, { address }) =>
      new Promise((resolve) => {
        probes.push({ url, address, signal, end: resolve });
        signal.addEventListener('abort', () => resolve({ ok: false, error: 'aborted' }));
      }),
    schedule: (task, ms) => {
      const entry = { task, ms };
      due.push(entry);
      return () => void due.splice(due.indexOf(entry), 1);
    },
  });
  /** Ends the oldest running probe; its round is over when this resolves. */
  async function end(result: ProbeResult): Promise<void> {
    probes.shift()!.end(result);
    await turn();
  }
  /** Starts the next round, and returns its delay. */
  async function begin(): Promise<number> {
    const { task, ms } = due.shift()!;
    task();
    await turn();
    return ms;
  }
  return { prober, probes, due, reported, end, begin };
}

/** All promises that can proceed have done so. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function target(
  id: string,
  change: Partial<ProbeTarget['check']> = {},
  addresses: readonly string[] = ['192.0.2.1'],
): ProbeTarget {
  return {
    id,
    slot: 0,
    addresses,
    url: `http://${id}`,
    pool: 'api',
    check: { ...HEALTH_CHECK, enabled: true, timeoutMs: 1000, ...change },
    insecureSkipTlsVerify: false,
    protocol: 'http1',
    tls: TLS,
  };
}

describe('the prober', () => {
  test('counts a shortage of this process against no backend, and logs it once on change', async () => {
    const { prober, reported, end, begin } = harness();
    prober.update([target('a', { fall: 1 })]);
    await end(up);
    reported.length = 0;
    for (let round = 0; round < 3; round += 1) {
      await begin();
      await end(own);
    }
    assert.deepEqual(reported, [
      [{ reason: own.error }, 'health checks cannot run: backends keep their last known state'],
    ]);
    await begin();
    await end(up);
    assert.deepEqual(reported.slice(1), [['health checks work again']]);
  });

  test('judges by the addresses that could be probed', async () => {
    const { prober, probes, reported, end } = harness();
    prober.update([target('a', {}, ['192.0.2.1', '192.0.2.2'])]);
    assert.equal(probes.length, 2);
    await end(own);
    await end(down);
    assert.deepEqual(reported.at(-1), ['a', 'down', 'status 503']);
    prober.update([target('b', {}, ['192.0.2.1', '192.0.2.2'])]);
    await end(own);
    await end(up);
    assert.deepEqual(reported.at(-1), ['b', 'up', null]);
    assert.ok(
      !reported.some((line) => Array.isArray(line) && Array.isArray(line[1]) && line[0] === 'b'),
      'no address is down',
    );
  });

  test('probes every target at once when it starts, ten at a time', async () => {
    const { prober, probes, end } = harness();
    prober.update(Array.from({ length: 12 }, (_, at) => target(`b${at}`)));
    assert.equal(probes.length, 10);
    await end(up);
    assert.equal(probes.length, 10);
    assert.equal(probes.at(-1)!.url, 'http://b10');
  });

  test('the first result decides at once, and verdicts are reported and logged on change only', async () => {
    const { prober, reported, end, begin } = harness();
    prober.update([target('a')]);
    await end(up);
    const about = { backend: 'a', url: 'http://a', pool: 'api' };
    assert.deepEqual(reported.splice(0), [
      [about, 'backend is up'],
      ['a', 'up', null],
    ]);

    for (const result of [up, down, down, down, down, up]) {
      await begin();
      await end(result);
    }
    const reason = 'status 503';
    assert.deepEqual(reported.splice(0), [
      [{ ...about, reason }, 'backend is down'],
      ['a', 'down', reason],
    ]);
    await begin();
    await end(up);
    assert.deepEqual(reported, [
      [about, 'backend is up'],
      ['a', 'up', null],
    ]);
  });

  test('a backend without the configured health endpoint is down, with a remedy', async () => {
    const { prober, reported, end } = harness();
    prober.update([target('a', { path: '/health' })]);
    await end({ ok: false, error: 'status 404' });
    const [line] = reported as [[{ hint?: string }, string]];
    assert.match(line[0].hint!, /^it has no \/health: set health_check\.path, or /);
    assert.equal((reported.at(-1) as unknown[])[1], 'down');
  });

  for (const status of [404, 405, 501]) {
    test(`a backend that answers ${status} to the check that nobody configured is unchecked, with a hint`, async () => {
      const { prober, reported, end } = harness();
      prober.update([target('a')]);
      await end({ ok: false, error: `status ${status}` });
      assert.deepEqual(reported, [
        [
          { backend: 'a', url: 'http://a', pool: 'api', reason: `status ${status}`, hint: HINT },
          'backend is unchecked, and gets requests',
        ],
        ['a', 'unchecked', HINT],
      ]);
    });
  }

  test('an unchecked backend is probed at the normal pace, and goes down and comes back like any other', async () => {
    const { prober, reported, end, begin } = harness();
    prober.update([target('a')]);
    await end(absent);
    const waited: number[] = [];
    for (const result of [absent, down, down, down, absent, absent, absent]) {
      waited.push(await begin());
      await end(result);
    }
    assert.deepEqual(waited, [2500, 5000, 2000, 2000, 2000, 2000, 5000]);
    assert.deepEqual(reported.filter(isReport), [
      ['a', 'unchecked', HINT],
      ['a', 'down', 'status 503'],
      ['a', 'unchecked', HINT],
    ]);
  });

  test('a backend that has passed once is never unchecked again', async () => {
    const { prober, reported, end, begin } = harness();
    prober.update([target('a', { fall: 1 })]);
    await end(absent);
    await begin();
    await end(up);
    await begin();
    await end(absent);
    assert.deepEqual(reported.filter(isReport), [
      ['a', 'unchecked', HINT],
      ['a', 'up', null],
      ['a', 'down', 'status 404'],
    ]);
  });

  test('a backend that has passed is not unchecked after a reload that changes its pool', async () => {
    const { prober, reported, end } = harness();
    prober.update([target('a')]);
    await end(up);
    reported.length = 0;
    prober.update([target('a', { intervalMs: 7000 })]);
    prober.update([target('a', { intervalMs: 8000 })]);
    await end(down);
    await end(absent);
    assert.deepEqual(reported.filter(isReport), [['a', 'down', 'status 404']]);
    // Another server, another address: nothing is known of its endpoint.
    for (const other of [
      { ...target('a'), slot: 1 },
      { ...target('a'), slot: 1, url: 'http://b' },
    ]) {
      reported.length = 0;
      prober.update([other]);
      await end(absent);
      assert.deepEqual(reported.filter(isReport), [['a', 'unchecked', HINT]]);
    }
  });

  test('a backend that passed at another path is unchecked if it has no /health', async () => {
    const { prober, reported, end } = harness();
    prober.update([target('a', { path: '/ready' })]);
    await end(up);
    reported.length = 0;
    prober.update([target('a')]);
    await end(absent);
    assert.deepEqual(reported.filter(isReport), [['a', 'unchecked', HINT]]);
  });

  test('a check with an expectation or a port of its own is configured: 404 is a failure', async () => {
    for (const change of [
      { expectedStatus: [200, 200] },
      { expectedBody: 'ok' },
      { expectedHeaders: { server: '' } },
      { port: 81 },
    ] as const) {
      const { prober, reported, end } = harness();
      prober.update([target('a', change)]);
      await end(absent);
      assert.deepEqual(reported.at(-1), ['a', 'down', 'status 404']);
    }
  });

  test('one address that passes makes 404 of the others a failure', async () => {
    const { prober, reported, end } = harness();
    prober.update([target('a', {}, ['192.0.2.1', '192.0.2.2'])]);
    await end(absent);
    await end(up);
    assert.deepEqual(reported.filter(isReport), [
      ['a', ['192.0.2.1']],
      ['a', 'up', null],
    ]);
    prober.update([target('b', {}, ['192.0.2.1', '192.0.2.2'])]);
    await end(down);
    await end(absent);
    assert.deepEqual(reported.at(-1), ['b', 'unchecked', HINT], 'as good as its best address');
  });

  test('it waits the interval, and the fast one while a backend is down or changing', async () => {
    const { prober, end, begin } = harness();
    prober.update([target('a')]);
    await end(up);
    const waited: number[] = [];
    for (const result of [up, down, down, down, up, up, up]) {
      waited.push(await begin());
      await end(result);
    }
    assert.deepEqual(waited, [2500, 5000, 2000, 2000, 2000, 2000, 5000]);
  });

  for (const [random, second, third] of [
    [0, 0, 4500],
    [0.5, 2500, 5000],
    [1, 5000, 5500],
  ] as const) {
    test(`the second probe is spread over the interval, later ones ±10 %: random ${random}`, async () => {
      const { prober, end, begin } = harness(random);
      prober.update([target('a')]);
      await end(up);
      assert.equal(await begin(), second);
      await end(up);
      assert.equal(await begin(), third);
    });
  }

  test('rounds of one target never overlap', async () => {
    const { prober, due, end } = harness();
    prober.update([target('a')]);
    assert.equal(due.length, 0);
    await end(up);
    assert.equal(due.length, 1);
  });

  test('a backend that hangs does not hold up another', async () => {
    const { prober, probes, reported, due } = harness();
    prober.update([target('hangs'), target('well')]);
    probes[1]!.end(up);
    await turn();
    assert.deepEqual(reported.at(-1), ['well', 'up', null]);
    assert.equal(due.length, 1);
  });

  test('an unchanged target keeps its state and its pace over an update', async () => {
    const { prober, probes, due, reported, end, begin } = harness();
    prober.update([target('a')]);
    await end(up);
    reported.length = 0;
    prober.update([target('a'), target('b')]);
    assert.deepEqual(
      probes.map(({ url }) => url),
      ['http://b'],
    );
    assert.equal(due.length, 1);
    await begin();
    probes[1]!.end(down);
    await turn();
    assert.deepEqual(reported, [], 'one failure of three: still up');
  });

  test('a changed target is probed at once, and its first result decides', async () => {
    const { prober, due, reported, end } = harness();
    prober.update([target('a')]);
    await end(up);
    prober.update([target('a', { path: '/ready' })]);
    assert.equal(due.length, 0);
    await end(down);
    assert.deepEqual(reported.at(-1), ['a', 'down', 'status 503']);
  });

  test('a removed target is not probed any more, and its running probe reports nothing', async () => {
    const { prober, probes, due, reported } = harness();
    prober.update([target('a')]);
    prober.update([]);
    assert.equal(probes[0]!.signal.aborted, true);
    await turn();
    assert.deepEqual([due.length, reported.length], [0, 0]);
  });

  test('stop ends running and due tasks', async () => {
    const { prober, probes, due, reported, end } = harness();
    prober.update([target('a'), target('b')]);
    await end(up);
    reported.length = 0;
    prober.stop();
    await turn();
    assert.deepEqual([due.length, reported.length, probes[0]!.signal.aborted], [0, 0, true]);
  });
});

describe('a target with several addresses', () => {
  const several = (addresses: readonly string[], change = {}): ProbeTarget => target('a', change, addresses);

  test('is as healthy as its best address, and the others are reported as down', async () => {
    const { prober, probes, reported, end, begin } = harness();
    prober.update([several(['192.0.2.1', '192.0.2.2'], { rise: 1, fall: 2 })]);
    assert.deepEqual(
      probes.map(({ address }) => address),
      ['192.0.2.1', '192.0.2.2'],
    );
    await end(up);
    await end(down);
    assert.deepEqual(reported.filter(isReport), [
      ['a', ['192.0.2.2']],
      ['a', 'up', null],
    ]);
    await begin();
    await end(up);
    await end(up);
    assert.deepEqual(reported.filter(isReport).at(-1), ['a', []]);
  });

  test('is down when all of them are', async () => {
    const { prober, reported, end } = harness();
    prober.update([several(['192.0.2.1', '192.0.2.2'])]);
    await end(down);
    await end(down);
    assert.deepEqual(reported.filter(isReport).at(-1), ['a', 'down', 'status 503']);
  });

  test('keeps its state when its addresses change, and a new one is probed at once', async () => {
    const { prober, probes, due, reported, end } = harness();
    prober.update([several(['192.0.2.1'])]);
    await end(up);
    prober.update([several(['192.0.2.2'])]);
    assert.equal(due.length, 0);
    assert.deepEqual(
      probes.map(({ address }) => address),
      ['192.0.2.2'],
    );
    await end(down);
    assert.deepEqual(reported.filter(isReport), [['a', 'up', null]], 'one failure is not enough');
  });

  test('is not probed again when one of its addresses is gone', async () => {
    const { prober, probes, due, end } = harness();
    prober.update([several(['192.0.2.1', '192.0.2.2'])]);
    await end(up);
    await end(up);
    prober.update([several(['192.0.2.1'])]);
    assert.deepEqual([probes.length, due.length], [0, 1]);
  });
});

/** Calls of the ports, without the lines of the log. */
function isReport(entry: unknown): boolean {
  return Array.isArray(entry) && entry[0] === 'a';
}
