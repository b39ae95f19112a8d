/** Limits shared by simulated gateways: exact, cheap, and fair when the server is lost. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FleetScenario, simulateFleet } from '../../../support/fleet-simulator.ts';
import { seededDraw } from '../../../support/seeded.ts';

/** Four gateways and a limit; offered is in multiples of it, even or as shares of it. */
function fleet(ratePerSecond: number, capacity: number, offered: number, shares = [0.25, 0.25, 0.25, 0.25]) {
  return { capacity, ratePerSecond, rates: shares.map((share) => share * offered * ratePerSecond), durationMs: 30_000 };
}

const EVEN = fleet(100, 100, 2.4);
const SKEWED = [0.9, 0.06, 0.03, 0.01];

describe('a limit that gateways share', () => {
  for (const [name, scenario, mostExcess = 0.01] of [
    ['one a second', fleet(1, 1, 4)],
    ['five a second, even', fleet(5, 5, 4)],
    ['five a second, skewed', fleet(5, 5, 4, SKEWED)],
    ['five a second, in bursts at all', { ...fleet(5, 5, 4), rates: [5, 5, 5, 5], arrivals: 'bursts' }],
    ['a hundred a second, even', fleet(100, 100, 2), 4],
    ['a hundred a second, skewed', fleet(100, 100, 2, SKEWED), 4],
    ['a hundred a second, bursty', { ...fleet(100, 100, 2), arrivals: 'bursty' }, 4],
    ['ten thousand a second, skewed', { ...fleet(10_000, 10_000, 2, SKEWED), durationMs: 6000 }, 400],
    ['a hundred thousand a second', { ...fleet(100_000, 100_000, 1.5), durationMs: 4000 }, 4000],
    ['a window of five a second', { ...fleet(5, 5, 4), isWindow: true }],
    ['a window of a hundred in ten seconds', { ...fleet(10, 100, 4), durationMs: 60_000, isWindow: true }],
    ['a window of a hundred a second, skewed', { ...fleet(100, 100, 2, SKEWED), isWindow: true }, 4],
    ['a window of ten thousand', { ...fleet(10_000, 10_000, 2), durationMs: 6000, isWindow: true }, 400],
    ['cost of five', { ...fleet(100, 100, 0.6), cost: 5 }, 4],
    ['strict', { ...fleet(100, 100, 2), settings: { strict: true } }, 2],
  ] as readonly (readonly [string, FleetScenario, number?])[]) {
    it(`${name}: is admitted once, whatever the windows`, () => {
      const { ratio, excess, undecided, longestMs } = simulateFleet(scenario);
      assert.ok(ratio >= 0.99 && ratio <= 1.01, `ratio ${ratio}`);
      assert.ok(excess <= mostExcess, `excess ${excess}`);
      assert.ok(longestMs <= 12, `waited ${longestMs} ms`);
      assert.equal(undecided, 0);
    });
  }

  for (const [ratePerSecond, durationMs] of [
    [1, 300_000],
    [5, 60_000],
    [100, 30_000],
    [10_000, 6000],
    [100_000, 3000],
  ] as const) {
    for (const [arrivals, scenario] of [
      ['even', fleet(ratePerSecond, ratePerSecond, 2)],
      ['90-10', fleet(ratePerSecond, ratePerSecond, 2, SKEWED)],
      ['bursty', { ...fleet(ratePerSecond, ratePerSecond, 2), arrivals: 'bursty' }],
    ] as readonly (readonly [string, FleetScenario])[]) {
      it(`${ratePerSecond} a second, ${arrivals}: in no window more than 4 % above it, strictly 2 %, or one token`, () => {
        for (const strict of [false, true]) {
          const { ratio, excess, undecided } = simulateFleet({ ...scenario, durationMs, settings: { strict } });
          assert.ok(ratio >= 0.99 && ratio <= 1.01, `ratio ${ratio}, strict: ${strict}`);
          const most = Math.max(1, (strict ? 0.02 : 0.04) * ratePerSecond);
          assert.ok(excess <= most, `excess ${excess} of ${most}, strict: ${strict}`);
          assert.equal(undecided, 0);
        }
      });
    }
  }

  it('lets nobody wait who is far below it, and asks the server for hot limits now and then only', () => {
    const ordinary = simulateFleet(fleet(100, 100, 0.8));
    assert.ok(ordinary.waited < 0.01, `${ordinary.waited} waited`);
    assert.equal(ordinary.ratio, 1);
    const hot = simulateFleet({ ...fleet(10_000, 10_000, 0.8), durationMs: 6000 });
    assert.ok(hot.waited < 0.001, `${hot.waited} waited`);
    assert.ok(hot.commands <= 400, `${hot.commands} commands a second`);
  });

  it('holds for any number of gateways, limits and round trips', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const draw = seededDraw(seed);
      const ratePerSecond = draw.of([1, 5, 20, 100, 1000]);
      const capacity = Math.max(1, Math.round(ratePerSecond * draw.of([0.5, 1, 3, 10])));
      const gateways = 1 + draw.below(8);
      const rates = Array.from({ length: gateways }, () => (draw.fraction() * 6 * ratePerSecond) / gateways);
      const rttMs = draw.of([0.2, 0.5, 1]);
      const durationMs = Math.min(60_000, Math.max(10_000, (20_000 * capacity) / ratePerSecond));
      const scenario: FleetScenario = {
        capacity,
        ratePerSecond,
        rates,
        durationMs,
        seed,
        rttMs,
        arrivals: draw.of(['steady', 'bursty']),
      };
      const { ratio, excess, undecided, longestMs, admitted } = simulateFleet(scenario);
      const shown = JSON.stringify(scenario);
      assert.ok(admitted < 100 || ratio >= 0.985, `ratio ${ratio}: ${shown}`);
      assert.ok(excess <= Math.max(1, 0.04 * capacity), `excess ${excess}: ${shown}`);
      assert.ok(longestMs <= 12, `waited ${longestMs} ms: ${shown}`);
      assert.equal(undecided, 0, shown);
    }
  });
});

describe('without the server', () => {
  const OUTAGE = [8000, 18_000] as const;

  for (const [name, scenario] of [
    ['that refuses connections', { ...EVEN, down: [OUTAGE] }],
    ['that hangs', { ...EVEN, hung: [OUTAGE] }],
    ['that restarts empty', { ...EVEN, down: [OUTAGE], wipedMs: 10_000 }],
    ['that refuses connections, of a window', { ...EVEN, down: [OUTAGE], isWindow: true }],
    ['that restarts empty, of a window', { ...EVEN, down: [OUTAGE], wipedMs: 10_000, isWindow: true }],
  ] as readonly (readonly [string, FleetScenario])[]) {
    it(`${name}, the gateways admit their shares: the limit, and it is settled afterwards`, () => {
      const { ratio, seconds, excess, undecided, longestMs } = simulateFleet(scenario);
      // The shares of a window are less exact than those of a bucket: each has whole requests.
      assert.ok(ratio >= (scenario.isWindow === true ? 0.98 : 0.99) && ratio <= 1.01, `ratio ${ratio}`);
      assert.ok(excess <= 10, `excess ${excess}`);
      assert.ok(longestMs <= 12, `waited ${longestMs} ms`);
      assert.equal(undecided, 0);
      const during = seconds.slice(9, 17);
      for (const admitted of during) assert.ok(admitted >= 90 && admitted <= 110, `a second: ${admitted}`);
    });
  }

  for (const [name, more] of [
    ['for a moment', {}],
    ['for a moment, on a busy machine', { settings: { waitMs: 50, lostAfterMs: 300 } }],
  ] as const) {
    it(`that hangs ${name}, too briefly to be seen by all, nothing of the limit is lost`, () => {
      for (const endMs of [8500, 9300, 10_300]) {
        for (const seed of [1, 2, 3]) {
          const { seconds } = simulateFleet({ ...EVEN, ...more, seed, hung: [[8000, endMs]] });
          // As the server goes on, it runs what it received while it hung.
          const admitted = seconds.slice(8, 13).reduce((sum, each) => sum + each, 0);
          assert.ok(admitted >= 485 && admitted <= 510, `${admitted} of 500, until ${endMs}, seed ${seed}`);
        }
      }
    });
  }

  it('whatever happens to it, and however uneven the load is: what is left of a limit is there afterwards, once', () => {
    for (let seed = 1; seed <= 120; seed += 1) {
      const draw = seededDraw(seed);
      const gateways = 2 + draw.below(4);
      const ratePerSecond = draw.of([0.1, 1, 100]);
      const capacity = draw.of([100, 400]);
      const outage = [4000, 4000 + draw.of([300, 2000, 3000, 9000])] as const;
      const kind = draw.of(['down', 'hung', 'wiped', 'wiped while it hung'] as const);
      // From one gateway only to all of them.
      const busy = 1 + draw.below(gateways);
      const perSecond = draw.of([0.3, 2]) * Math.max(ratePerSecond, capacity / 10);
      const scenario: FleetScenario = {
        capacity,
        ratePerSecond,
        rates: Array.from({ length: gateways }, (_rate, gateway) => (gateway < busy ? perSecond / busy : 0)),
        durationMs: 30_000,
        seed,
        isWindow: draw.of([false, true]),
        ...(kind === 'down' || kind === 'wiped' ? { down: [outage] } : { hung: [outage] }),
        ...(kind.startsWith('wiped') && { wipedMs: outage[0] + 100 }),
      };
      const { admitted, ideal, excess, undecided, longestMs, seconds, idealSeconds } = simulateFleet(scenario);
      const shown = `${kind}: ${JSON.stringify(scenario)}: ${seconds.join(' ')}`;
      // What is used of a window is restored as if it had been used evenly, so it goes sooner than it came.
      const most = (scenario.isWindow === true ? 0.35 : 0.1) * capacity;
      assert.ok(excess <= most, `excess ${excess}: ${shown}`);
      assert.ok(longestMs <= 12, `waited ${longestMs} ms: ${shown}`);
      assert.equal(undecided, 0, shown);
      const [from, to] = [4, Math.ceil(outage[1] / 1000)];
      const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0);
      // Meanwhile, gateways without requests have shares of the limit and of its refill, and what was refused does not come again.
      const offered = sum(seconds.slice(from, to + 1)) + 0.8 * perSecond * (29 - (to - from));
      const unused = (to + 1 - from) * ratePerSecond;
      assert.ok(admitted >= 0.97 * Math.min(ideal, offered) - unused, `${admitted} of ${ideal}: ${shown}`);
      const [after, idealAfter] = [sum(seconds.slice(to)), sum(idealSeconds.slice(to))];
      // The gateways return together, a moment later.
      assert.ok(after >= 0.95 * idealAfter - ratePerSecond - 4, `${after} of ${idealAfter} afterwards: ${shown}`);
    }
  });

  it('that comes back to one gateway later than to the others, that one pays back what it admitted on top', () => {
    for (const seed of [1, 2, 3]) {
      const late = { gateway: 0, span: [8000, 14_000] } as const;
      const { seconds } = simulateFleet({ ...EVEN, seed, down: [[8000, 11_000]], cut: [late] });
      const admitted = seconds.slice(8, 17).reduce((sum, each) => sum + each, 0);
      assert.ok(admitted >= 885 && admitted <= 910, `${admitted} of 900, seed ${seed}`);
    }
  });

  it('for one gateway, that one admits its share on top, and pays it back', () => {
    const cut = { ...EVEN, cut: [{ gateway: 0, span: [8000, 10_000] }] } as const;
    const { ratio, seconds } = simulateFleet(cut);
    assert.ok(ratio >= 0.99 && ratio <= 1.005, `ratio ${ratio}`);
    // A quarter more for two seconds, and as much less afterwards.
    const later = seconds.slice(8, 16).reduce((sum, admitted) => sum + admitted, 0);
    assert.ok(later <= 810, `${later} in eight seconds`);
  });

  it('that flaps, nobody gets more', () => {
    const down = Array.from({ length: 25 }, (_span, index) => [2000 + index * 1000, 2150 + index * 1000] as const);
    const { ratio, undecided } = simulateFleet({ ...EVEN, down });
    assert.ok(ratio >= 0.98 && ratio <= 1.02, `ratio ${ratio}`);
    assert.equal(undecided, 0);
  });

  it('gateways that leave and join share what there is', () => {
    const members = [
      { atMs: 10_000, gateway: 2, isLive: false },
      { atMs: 12_000, gateway: 3, isLive: false },
      { atMs: 16_000, gateway: 2, isLive: true },
    ];
    const { ratio } = simulateFleet({ ...EVEN, down: [OUTAGE], members: members.slice(0, 2) });
    assert.ok(ratio >= 0.95 && ratio <= 1.06, `ratio ${ratio}`);
  });

  it('that is slow, nobody waits for long, and the limit holds on average', () => {
    for (const rttMs of [8, 30]) {
      const { ratio, longestMs, waited } = simulateFleet({ ...EVEN, rttMs });
      assert.ok(ratio >= 0.98 && ratio <= 1.02, `ratio ${ratio} at ${rttMs} ms`);
      assert.ok(longestMs <= 15, `waited ${longestMs} ms at ${rttMs} ms`);
      assert.ok(waited < 0.02, `${waited} waited at ${rttMs} ms`);
    }
  });
});
