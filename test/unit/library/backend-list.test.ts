import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { STRATEGY_NAMES } from '../../../src/balancing/core/balancing-vocabulary.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { BackendList, type BackendListOptions } from '../../../src/library/backend-list.ts';

const THREE = ['http://a.test', 'http://b.test', 'http://c.test'];

function list(options: Partial<BackendListOptions> = {}) {
  const clock = { ms: 0 };
  const backends = new BackendList({ backends: THREE, random: seededRandom(1), nowMs: () => clock.ms, ...options });
  return { backends, clock };
}

function shares(backends: BackendList, calls: number, options = {}): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let call = 0; call < calls; call += 1) {
    const choice = backends.pick(options);
    counts[choice.id] = (counts[choice.id] ?? 0) + 1;
    choice.done({ value: { status: 200 } });
  }
  return counts;
}

describe('BackendList', () => {
  for (const strategy of STRATEGY_NAMES) {
    it(`${strategy}: every backend gets its share, within a tenth of the calls`, () => {
      const { backends } = list({ strategy });
      const counts = shares(backends, 3000);
      for (const url of THREE) assert.ok(Math.abs(counts[url]! - 1000) <= 300, JSON.stringify(counts));
    });
  }

  it('gives a backend of twice the weight twice the calls', () => {
    const { backends } = list({
      strategy: 'weighted-round-robin',
      backends: [
        { url: 'http://a.test', id: 'a', weight: 2 },
        { url: 'http://b.test', id: 'b' },
      ],
    });
    assert.deepEqual(shares(backends, 300), { a: 200, b: 100 });
  });

  it('keeps a key on its backend, and moves it only while that is unavailable', () => {
    const { backends } = list({ strategy: 'consistent-hash' });
    const pick = () => {
      const choice = backends.pick({ key: 'user-1' });
      choice.done();
      return choice.id;
    };
    const home = pick();
    assert.equal(pick(), home);
    backends.checked(home, false);
    assert.notEqual(pick(), home);
    for (let check = 0; check < 2; check += 1) backends.checked(home, true);
    assert.equal(pick(), home);
  });

  it('leaves out what a retry has tried, what is unhealthy, full, or has an open circuit, and says if nothing is left', () => {
    const { backends, clock } = list({ circuit: { consecutiveFailures: 1, openMs: 1000 }, maxInFlight: 1 });
    backends.checked(THREE[0]!, false);
    const failing = backends.pick({ avoid: [THREE[2]!] });
    assert.equal(failing.url, THREE[1]);
    failing.done({ error: new Error('reset') });
    const running = backends.pick();
    assert.equal(running.url, THREE[2]);
    assert.throws(() => backends.pick(), { name: 'NoBackendError', code: 'NO_BACKEND', statusCode: 503 });
    assert.deepEqual(
      backends.states().map(({ isAvailable, health, circuit, inFlight }) => [isAvailable, health, circuit, inFlight]),
      [
        [false, 'down', 'closed', 0],
        [false, 'unknown', 'open', 0],
        [false, 'unknown', 'closed', 1],
      ],
    );
    running.done();
    running.done();
    assert.equal(backends.states()[2]!.inFlight, 0);
    clock.ms = 1101;
    backends.pick({ avoid: [THREE[2]!] }).done({ value: { status: 200 } });
  });

  it('learns from good answers how fast a backend is, and from failures that it is worse than the slowest', () => {
    const { backends, clock } = list({ circuit: { consecutiveFailures: 1e6, errorRatio: 1 } });
    for (const [url, tookMs, status] of [
      [THREE[0]!, 10, 200],
      [THREE[1]!, 100, 200],
      [THREE[2]!, 1, 503],
    ] as const) {
      for (let call = 0; call < 20; call += 1) {
        const choice = backends.pick({ avoid: THREE.filter((other) => other !== url) });
        clock.ms += tookMs;
        choice.done({ value: { status } });
      }
    }
    assert.deepEqual(
      backends.states().map(({ latencyMs }) => latencyMs),
      [10, 100, null],
    );
    const counts = shares(backends, 30);
    assert.ok((counts[THREE[2]!] ?? 0) < (counts[THREE[0]!] ?? 0), JSON.stringify(counts));
  });

  it('keeps the state of backends that stay when the list is replaced, and lets running calls end', () => {
    const { backends } = list();
    const running = backends.pick({ avoid: THREE.slice(1) });
    const gone = backends.pick({ avoid: [THREE[0]!, THREE[1]!] });
    backends.replace([THREE[0]!, 'http://d.test']);
    assert.deepEqual(
      backends.states().map(({ id, inFlight }) => [id, inFlight]),
      [
        [THREE[0], 1],
        ['http://d.test', 0],
      ],
    );
    running.done();
    gone.done({ value: { status: 200 } });
    assert.deepEqual(
      backends.states().map(({ inFlight }) => inFlight),
      [0, 0],
    );
    backends.replace([]);
    assert.throws(() => backends.pick(), { code: 'NO_BACKEND' });
  });

  it('runs a call with a backend, reports its end, and passes on its error', async () => {
    const { backends } = list({ circuit: { consecutiveFailures: 1 } });
    assert.equal(await backends.run(async ({ url }) => url, { avoid: THREE.slice(1) }), THREE[0]);
    await assert.rejects(
      backends.run(() => Promise.reject(new Error('refused')), { avoid: THREE.slice(1) }),
      /refused/,
    );
    assert.equal(backends.states()[0]!.circuit, 'open');
    assert.equal(backends.states()[0]!.inFlight, 0);
  });

  for (const [options, name, message] of [
    [{ backends: ['ftp://a'] }, 'RangeError', /http or https/],
    [{ backends: ['nonsense'] }, 'TypeError', /URL/],
    [{ backends: ['http://a', 'http://a'] }, 'RangeError', /unique/],
    [{ backends: [{ url: 'http://a', weight: 0 }] }, 'RangeError', /weight .* not 0/],
    [{ strategy: 'fastest' as never }, 'RangeError', /one of round-robin, .* not "fastest"/],
    [{ maxInFlight: 0 }, 'RangeError', /maxInFlight/],
    [{ circuit: { errorRatio: 2 } }, 'RangeError', /errorRatio/],
  ] as const) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => list(options), { name, message });
    });
  }
});
