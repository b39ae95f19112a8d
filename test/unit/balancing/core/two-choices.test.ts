import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TwoChoices } from '../../../../src/balancing/core/two-choices.ts';
import { candidatesOf, sharesOf, Stage, strategySuite } from './strategy-suite.ts';

strategySuite('two-choices', { weightTolerance: 0.1 });

/** How often each pair of four backends is compared, by their positions. */
function pairs(): Map<string, number> {
  const counts = new Map<string, number>();
  const stage = new Stage();
  const seen: number[] = [];
  const load = {
    inFlight: () => 0,
    latencyMs: (index: number): number => {
      seen.push(index - 3);
      return 1;
    },
  };
  const strategy = new TwoChoices({ random: stage.random, load });
  for (let turn = 0; turn < 60_000; turn += 1) {
    seen.length = 0;
    strategy.pick(candidatesOf(1, 1, 1, 1));
    const pair = seen.sort((a, b) => a - b).join('');
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return counts;
}

describe('two-choices', () => {
  it('always compares two different backends, every pair equally often', () => {
    const counts = pairs();
    assert.deepEqual([...counts.keys()].sort(), ['01', '02', '03', '12', '13', '23']);
    for (const count of counts.values()) assert.ok(Math.abs(count - 10_000) < 400, `${[...counts]}`);
  });

  const better: [name: string, set: (stage: Stage) => void, weights: number[]][] = [
    ['the faster', (stage) => stage.latency.set(3, 20).set(4, 10), [1, 1]],
    ['the less busy', (stage) => stage.addInFlight(3, 1), [1, 1]],
    [
      'a fast busy one over a slow idle one',
      (stage) => stage.latency.set(3, 100).set(4, 10) && stage.addInFlight(4, 8),
      [1, 1],
    ],
  ];
  for (const [name, set, weights] of better) {
    it(`prefers ${name}`, () => {
      const stage = new Stage();
      set(stage);
      const strategy = new TwoChoices(stage);
      for (let turn = 0; turn < 20; turn += 1) assert.equal(strategy.pick(candidatesOf(...weights)), 1);
    });
  }

  for (const [light, heavy, fair] of [
    [1, 2, 1 / 3],
    [0.25, 1, 0.2],
    [0.99, 1, 0.4975],
  ] as const) {
    it(`gives weights ${light} and ${heavy} their shares when nothing else tells them apart, in an idle pool too`, () => {
      const stage = new Stage();
      const [share] = sharesOf(new TwoChoices(stage), stage, candidatesOf(light, heavy));
      assert.ok(Math.abs(share! - fair) < 0.01, `${share}`);
    });
  }

  it('never starves the lighter one of two when it is the better one, and not the heavier one either', () => {
    const stage = new Stage();
    stage.latency.set(3, 10).set(4, 100);
    const [share] = sharesOf(new TwoChoices(stage), stage, candidatesOf(1, 3));
    assert.ok(Math.abs(share! - 0.5) < 0.02, `${share}`);
  });

  it('takes a backend without a sample as the mean of the others', () => {
    const stage = new Stage();
    stage.latency.set(3, 10).set(4, 30);
    const shares = sharesOf(new TwoChoices(stage), stage, candidatesOf(1, 1, 1));
    // 10 beats both, the unknown (20) beats 30: of three pairs two, one and none.
    for (const [at, share] of [2 / 3, 0, 1 / 3].entries()) assert.ok(Math.abs(shares[at]! - share) < 0.02, `${shares}`);
  });

  it('asks a few of a thousand for their mean, however many have no sample', () => {
    const stage = new Stage();
    let asked = 0;
    const load = {
      ...stage.load,
      latencyMs: (index: number): number => {
        asked += 1;
        return stage.load.latencyMs(index);
      },
    };
    const strategy = new TwoChoices({ random: stage.random, load });
    const candidates = candidatesOf(...Array<number>(1000).fill(1));
    strategy.pick(candidates);
    assert.ok(asked <= 70, `${asked}`);
    // Two in three are known, at 10 and 30 ms: who has no sample counts as about 20.
    for (const { index } of candidates) if (index % 3 !== 0) stage.latency.set(index, index % 3 === 1 ? 10 : 30);
    const shares = sharesOf(strategy, stage, candidates);
    const share = (rest: number): number =>
      candidates.reduce((sum, { index }, at) => sum + (index % 3 === rest ? shares[at]! : 0), 0);
    assert.ok(share(1) > share(0) && share(0) > share(2), `${[share(1), share(0), share(2)]}`);
  });

  it('does not send everything to a backend measured at 0 ms', () => {
    const stage = new Stage();
    stage.latency.set(3, 0).set(4, 0.1);
    const shares = sharesOf(new TwoChoices(stage), stage, candidatesOf(1, 1), { concurrency: 20 });
    assert.ok(Math.abs(shares[0]! - 0.5) < 0.05, `${shares}`);
  });

  it('sends a backend that is ten times slower much less', () => {
    const stage = new Stage();
    for (const index of [3, 4, 5, 6]) stage.latency.set(index, index === 6 ? 100 : 10);
    const shares = sharesOf(new TwoChoices(stage), stage, candidatesOf(1, 1, 1, 1), { concurrency: 12 });
    assert.ok(shares[3]! < 0.08, `${shares}`);
  });
});
