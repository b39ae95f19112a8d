/** What every strategy must do, whatever it uses, and its environment: backends whose requests end in order. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStrategy } from '../../../../src/balancing/core/create-strategy.ts';
import type { StrategyName } from '../../../../src/balancing/core/balancing-vocabulary.ts';
import type { Candidate, Strategy, StrategyPorts } from '../../../../src/balancing/core/strategy.ts';
import { hashString32, mix32 } from '../../../../src/core/hash.ts';
import { seededRandom } from '../../../../src/core/random.ts';

/** Candidates in slots 3, 4, 5 …, since slots need not begin at 0. */
export function candidatesOf(...weights: number[]): Candidate[] {
  return weights.map((weight, at) => ({ index: at + 3, idHash: hashString32(`backend-${at}`, 0), weight }));
}

/** Ports with a fixed seed, and a load that the test sets; `latency` holds NaN where there is no sample. */
export class Stage implements StrategyPorts {
  readonly random: StrategyPorts['random'];
  readonly counts = new Map<number, number>();
  readonly latency = new Map<number, number>();
  readonly load = {
    inFlight: (index: number): number => this.counts.get(index) ?? 0,
    latencyMs: (index: number): number => this.latency.get(index) ?? Number.NaN,
  };
  #turn = -1;

  constructor(seed = 1) {
    this.random = seededRandom(seed);
  }

  readonly nextTurn = (): number => {
    this.#turn = (this.#turn + 1) >>> 0;
    return this.#turn;
  };

  addInFlight(index: number, change: number): void {
    this.counts.set(index, this.load.inFlight(index) + change);
  }
}

/**
 * Share of the picks that each position gets, with `concurrency` requests in flight all the time: the oldest ends when a
 * new one begins. Keys are different every time.
 */
export function sharesOf(
  strategy: Strategy,
  stage: Stage,
  candidates: readonly Candidate[],
  { picks = 20_000, concurrency = 0 } = {},
): number[] {
  const counts = candidates.map(() => 0);
  const running: number[] = [];
  for (let turn = 0; turn < picks; turn += 1) {
    const at = strategy.pick(candidates, mix32(turn));
    counts[at]! += 1;
    const { index } = candidates[at]!;
    stage.addInFlight(index, 1);
    running.push(index);
    if (running.length > concurrency) stage.addInFlight(running.shift()!, -1);
  }
  for (const index of running) stage.addInFlight(index, -1);
  return counts.map((count) => count / picks);
}

export interface SuiteOptions {
  /** How far a share may be from that of its weight, as a part of it; null: the strategy ignores weights. */
  readonly weightTolerance: number | null;
}

export function strategySuite(name: StrategyName, { weightTolerance }: SuiteOptions): void {
  describe(`${name}, like every strategy`, () => {
    it('answers -1 for an empty pool', () => {
      assert.equal(createStrategy(name, new Stage()).pick([], 1), -1);
    });

    it('picks the only candidate, every time', () => {
      const strategy = createStrategy(name, new Stage());
      for (let turn = 0; turn < 100; turn += 1) assert.equal(strategy.pick(candidatesOf(0.3), turn), 0);
    });

    for (const concurrency of [0, 50]) {
      it(`gives none of ten equal backends twice its share, or half of it, with ${concurrency} in flight`, () => {
        const stage = new Stage();
        const shares = sharesOf(createStrategy(name, stage), stage, candidatesOf(...Array(10).fill(1)), {
          concurrency,
        });
        for (const share of shares) assert.ok(share > 0.05 && share < 0.2, `${shares}`);
      });
    }

    it('follows a list that grows and shrinks, and never picks outside of it', () => {
      const stage = new Stage();
      const strategy = createStrategy(name, stage);
      const all = candidatesOf(...Array(12).fill(1));
      for (const size of [3, 12, 1, 7, 0, 2, 12]) {
        const candidates = all.slice(0, size);
        const shares = sharesOf(strategy, stage, candidates, {
          picks: size === 0 ? 0 : 500 * size,
          concurrency: 2 * size,
        });
        for (const share of shares) assert.ok(share > 0.5 / size && share < 2 / size, `${size}: ${shares}`);
      }
    });

    it('never picks a backend that is not in the list, whichever are left out', () => {
      const stage = new Stage();
      const strategy = createStrategy(name, stage);
      const all = candidatesOf(1, 2, 3, 4, 5);
      for (let turn = 0; turn < 2000; turn += 1) {
        const candidates = all.filter(() => stage.random() < 0.5);
        const at = strategy.pick(candidates, turn);
        assert.ok(Number.isInteger(at) && at < candidates.length && at >= (candidates.length === 0 ? -1 : 0));
      }
    });

    if (weightTolerance === null) {
      it('ignores weights', () => {
        const stage = new Stage();
        for (const share of sharesOf(createStrategy(name, stage), stage, candidatesOf(1, 1, 100))) {
          assert.ok(Math.abs(share - 1 / 3) < 0.02);
        }
      });
    } else {
      for (const weights of [
        [1, 2, 3],
        [0.5, 0.5, 0.25, 0.25],
        [10, 20, 30, 25],
      ]) {
        it(`gives weights ${weights} their shares within ${weightTolerance * 100} % under load`, () => {
          const stage = new Stage();
          const strategy = createStrategy(name, stage);
          const shares = sharesOf(strategy, stage, candidatesOf(...weights), { picks: 60_000, concurrency: 120 });
          const total = weights.reduce((sum, weight) => sum + weight);
          for (const [at, share] of shares.entries()) {
            const fair = weights[at]! / total;
            assert.ok(Math.abs(share - fair) <= weightTolerance * fair, `position ${at}: ${share}, fair ${fair}`);
          }
        });
      }
    }
  });
}
