import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bucketOf, HISTOGRAM_CELLS } from '../../../../src/core/histogram.ts';
import { seededRandom, type Random } from '../../../../src/core/random.ts';
import { decidedBy, judgeChange, RULE, type Comparison } from '../../../../src/reload/core/judge-change.ts';
import type { RouteTraffic, TrafficSlice } from '../../../../src/reload/core/traffic-slice.ts';
import { TrafficWindow } from '../../../../src/reload/core/traffic-window.ts';

const LOOKS = 12;

/** @param ms of the durations: `[count, ms]` */
function traffic(requests: number, failed = 0, ms: readonly (readonly [number, number])[] = []): RouteTraffic {
  const durations = new Uint32Array(HISTOGRAM_CELLS);
  for (const [count, value] of ms) durations[bucketOf(value * 1000)]! += count;
  return { requests, failed, durations };
}

function slice(routes: Readonly<Record<string, RouteTraffic>>, unrouted = 0, durationMs = 5000): TrafficSlice {
  return { durationMs, routes: new Map(Object.entries(routes)), unrouted };
}

function judge(before: TrafficSlice[], after: TrafficSlice[], routes = ['a'], recent = after): readonly Comparison[] {
  const [was, is, last] = [before, after, recent].map((slices) => new TrafficWindow(slices));
  return judgeChange(routes, { before: was!, after: is!, recent: last! }, LOOKS);
}

function find(found: readonly Comparison[], measure: string, route: string | null = 'a'): Comparison {
  return found.find((each) => each.measure === measure && each.route === route)!;
}

const worse = (found: readonly Comparison[]): string[] =>
  found.filter(({ verdict }) => verdict === 'worse').map(({ measure, route }) => `${measure} ${route}`);

describe('errors of a route', () => {
  it('are worse from fifty requests on, and not with 49', () => {
    const before = [slice({ a: traffic(50) })];
    assert.equal(find(judge(before, [slice({ a: traffic(50, 50) })]), 'errors').verdict, 'worse');
    assert.deepEqual(worse(judge(before, [slice({ a: traffic(49, 49) })])), []);
    assert.deepEqual(worse(judge([slice({ a: traffic(49) })], [slice({ a: traffic(50, 50) })])), []);
    const [errors] = judge([slice({ a: traffic(49) })], [slice({ a: traffic(50, 50) })]);
    assert.deepEqual([errors!.verdict, errors!.chance], ['unknown', null]);
  });

  it('say what was measured, and how likely that is', () => {
    const { before, after, chance, limit, against } = find(
      judge([slice({ a: traffic(400, 4) })], [slice({ a: traffic(200, 40) })]),
      'errors',
    );
    assert.deepEqual(
      [before, after, against],
      [{ requests: 400, share: 0.01, p95Ms: null }, { requests: 200, share: 0.2, p95Ms: null }, 'route'],
    );
    assert.ok(chance! < 1e-14 && chance! <= limit);
    // Errors and p95 have no durations to compare here, so only errors and unrouted are tested.
    assert.equal(limit, RULE.falseAlarms / LOOKS / 2);
  });

  it('are not worse by less than two points or half as many again, however sure it is', () => {
    const of = 1_000_000;
    const verdict = (was: number, is: number): string =>
      find(judge([slice({ a: traffic(of, of * was) })], [slice({ a: traffic(of, of * is) })]), 'errors').verdict;
    assert.deepEqual([verdict(0, 0.02), verdict(0, 0.021), verdict(0.001, 0.02)], ['same', 'worse', 'same']);
    assert.deepEqual([verdict(0.2, 0.3), verdict(0.2, 0.301), verdict(0.8, 1)], ['same', 'worse', 'same']);
    assert.equal(verdict(0.5, 0.1), 'same', 'better is not worse');
  });

  it('of a burst count less if there were bursts before', () => {
    const calm = Array.from({ length: 12 }, () => slice({ a: traffic(100, 5) }));
    const bursts = Array.from({ length: 12 }, (_, at) => slice({ a: traffic(100, at === 3 ? 60 : 0) }));
    const after = [slice({ a: traffic(500, 60) })];
    assert.deepEqual(worse(judge(calm, after)), ['errors a']);
    assert.deepEqual(worse(judge(bursts, after)), []);
  });

  it('that have stopped decide nothing', () => {
    const before = [slice({ a: traffic(1000) })];
    const [start, now] = [slice({ a: traffic(200, 100) }), slice({ a: traffic(200, 0) })];
    assert.deepEqual(worse(judge(before, [start])), ['errors a']);
    assert.deepEqual(worse(judge(before, [start, now], ['a'], [now])), []);
    const few = slice({ a: traffic(9, 0) });
    assert.deepEqual(worse(judge(before, [start, few], ['a'], [few])), ['errors a'], 'too few to say that');
  });
});

describe('a new route', () => {
  const before = [slice({ old: traffic(1000, 10) })];

  it('is compared with the gateway, and is worse only if most of its requests fail', () => {
    const verdict = (failed: number): Comparison =>
      find(judge(before, [slice({ a: traffic(100, failed), old: traffic(100, 1) })], ['a', 'old']), 'errors');
    assert.deepEqual([verdict(60).verdict, verdict(60).against], ['worse', 'gateway']);
    assert.equal(verdict(40).verdict, 'same');
  });

  it('has no p95 to compare', () => {
    const after = [slice({ a: traffic(100, 0, [[100, 900]]) })];
    assert.equal(find(judge(before, after, ['a', 'old']), 'p95'), undefined);
  });

  it('is not judged on a gateway without traffic', () => {
    assert.equal(find(judge([], [slice({ a: traffic(100, 100) })]), 'errors').verdict, 'unknown');
  });
});

it('routes with few requests are judged together, and removed ones not at all', () => {
  const names = ['a', 'b', 'c', 'd'];
  const each = (route: RouteTraffic) => Object.fromEntries(names.map((name) => [name, route]));
  const before = [slice({ ...each(traffic(30)), gone: traffic(30, 30) })];
  const found = judge(before, [slice(each(traffic(30, 20)))], names);
  assert.deepEqual(worse(found), ['errors null']);
  assert.deepEqual(find(found, 'errors', null).before, { requests: 120, share: 0, p95Ms: null });
});

describe('the p95 of a route', () => {
  const quick = traffic(1000, 0, [[1000, 40]]);
  const verdict = (ms: readonly (readonly [number, number])[]): Comparison =>
    find(judge([slice({ a: quick })], [slice({ a: traffic(200, 0, ms) })]), 'p95');

  it('is worse beyond 1.5 times and 20 ms', () => {
    assert.equal(verdict([[200, 75]]).verdict, 'same');
    const found = verdict([[200, 120]]);
    assert.equal(found.verdict, 'worse');
    assert.deepEqual([found.before.p95Ms, found.after.p95Ms], [38.912, 118.784]);
    assert.deepEqual([found.before.share, found.after.share], [0, 1]);
  });

  it('is worse if one request in twenty takes longer, and not by a few slow ones', () => {
    assert.equal(
      verdict([
        [188, 40],
        [12, 500],
      ]).verdict,
      'worse',
    );
    assert.equal(
      verdict([
        [191, 40],
        [9, 500],
      ]).verdict,
      'same',
    );
  });

  it('is never worse beyond the end of the histogram', () => {
    const slow = traffic(100, 0, [[100, 130_000]]);
    const found = judge([slice({ a: slow })], [slice({ a: traffic(100, 0, [[100, 500_000]]) })]);
    assert.equal(find(found, 'p95').verdict, 'same');
  });
});

describe('requests without a route', () => {
  it('are worse if routes have lost them', () => {
    const found = judge([slice({ a: traffic(1000) }, 10)], [slice({ a: traffic(600) }, 410)]);
    assert.deepEqual(worse(found), ['unrouted null']);
    assert.equal(find(found, 'unrouted', null).after.share, 410 / 1010);
  });

  it('are the same if a scanner asks for a thousand paths', () => {
    assert.deepEqual(worse(judge([slice({ a: traffic(1000) }, 10)], [slice({ a: traffic(990) }, 1000)])), []);
  });

  it('are worse if routes have lost most of theirs, even if clients ask ten times as often then', () => {
    assert.deepEqual(worse(judge([slice({ a: traffic(1000) })], [slice({ a: traffic(450) }, 9000)])), [
      'unrouted null',
    ]);
  });

  it('are compared by the second', () => {
    // A tenth of the time: as many as before.
    assert.deepEqual(worse(judge([slice({ a: traffic(1000) }, 10)], [slice({ a: traffic(100) }, 100, 500)])), []);
    assert.deepEqual(worse(judge([slice({ a: traffic(1000) }, 10)], [slice({ a: traffic(0) }, 100, 500)])), [
      'unrouted null',
    ]);
  });
});

it('two looks in a row decide, and the surest finding is named', () => {
  const before = [slice({ a: traffic(1000), b: traffic(1000) })];
  const bad = judge(before, [slice({ a: traffic(100, 30), b: traffic(100, 90) })], ['a', 'b']);
  const good = judge(before, [slice({ a: traffic(100), b: traffic(100) })], ['a', 'b']);
  const other = judge(before, [slice({ a: traffic(100, 30), b: traffic(100) })], ['a', 'b']);
  assert.equal(decidedBy(good, bad), undefined);
  assert.equal(decidedBy(bad, good), undefined);
  assert.equal(decidedBy(bad, bad)!.route, 'b');
  assert.equal(decidedBy(bad, other)!.route, 'a');
});

describe('of many watches', () => {
  interface World {
    readonly perSlice: number;
    readonly share: number;
    /** The share while a burst lasts, and how many slices in a hundred have one. */
    readonly burst?: number;
    readonly shareAfter?: number;
    readonly msAfter?: number;
    /** Slices after the change that are as before. Default 0. */
    readonly late?: number;
  }

  function drawSlice(random: Random, world: World, isAfter: boolean): TrafficSlice {
    const { perSlice, share, burst = 0, shareAfter = share, msAfter = 1 } = world;
    const routes: Record<string, RouteTraffic> = {};
    for (const name of ['a', 'b', 'c']) {
      const chance = random() < 0.08 && burst > 0 ? burst : isAfter ? shareAfter : share;
      const requests = Math.round(perSlice * (0.5 + random()));
      const ms: [number, number][] = [];
      let failed = 0;
      for (let at = 0; at < requests; at += 1) {
        failed += random() < chance ? 1 : 0;
        // A long tail: exponential, mean 30 ms.
        ms.push([1, -30 * Math.log(1 - random()) * (isAfter ? msAfter : 1)]);
      }
      routes[name] = traffic(requests, failed, ms);
    }
    return slice(routes, Math.round(random() * 3));
  }

  /** How many of them end with a return to the version before. */
  function reverted(count: number, seed: number, world: World): number {
    const random = seededRandom(seed);
    let times = 0;
    for (let watch = 0; watch < count; watch += 1) {
      const before = new TrafficWindow(Array.from({ length: 12 }, () => drawSlice(random, world, false)));
      const after = new TrafficWindow();
      let last: readonly Comparison[] = [];
      for (let look = 0; look < LOOKS; look += 1) {
        const next = drawSlice(random, world, look >= (world.late ?? 0));
        after.add(next);
        const now = judgeChange(['a', 'b', 'c'], { before, after, recent: new TrafficWindow([next]) }, LOOKS);
        if (decidedBy(last, now) !== undefined) {
          times += 1;
          break;
        }
        last = now;
      }
    }
    return times;
  }

  it('at most one in a hundred harmless changes returns, with few requests and many', () => {
    assert.ok(reverted(400, 1, { perSlice: 8, share: 0.05 }) <= 4);
    assert.ok(reverted(400, 2, { perSlice: 30, share: 0.1 }) <= 4);
    assert.ok(reverted(200, 3, { perSlice: 200, share: 0.02 }) <= 2);
  });

  it('at most one in fifty returns if two requests in five fail in one slice of twelve, before and after', () => {
    const times = reverted(500, 4, { perSlice: 30, share: 0.01, burst: 0.4 });
    assert.ok(times <= 10, `${times}`);
  });

  it('nearly all return if a tenth more fails, or everything takes three times as long', () => {
    const errors = reverted(200, 5, { perSlice: 60, share: 0.01, shareAfter: 0.11 });
    assert.ok(errors >= 198, `${errors}`);
    const late = reverted(200, 7, { perSlice: 60, share: 0.01, shareAfter: 0.5, late: 4 });
    assert.ok(late >= 198, `${late}`);
    const slow = reverted(200, 6, { perSlice: 60, share: 0.01, msAfter: 3 });
    assert.ok(slow >= 198, `${slow}`);
  });
});
