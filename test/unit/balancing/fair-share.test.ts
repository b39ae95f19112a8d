/**
 * How much traffic a backend gets that fails at once, which is the fastest thing that a backend can do. Seeded
 * simulations: good answers take about 10 ms, errors 0.3 ms, unless stated otherwise.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Algorithm } from '../../../src/config/settings.ts';
import { STRATEGY_NAMES } from '../../../src/balancing/core/balancing-vocabulary.ts';
import { answers, type Behaviour, mixed, SimulatedPool } from '../../support/simulated-pool.ts';

const GOOD = answers(200, 10);
const REQUESTS = 2000;
const failing = (status: number): Behaviour => answers(status, 0.3);

/** Allows for chance, and for the time before the first errors are back. */
const TOLERANCE = 1.2;
const LOADED = ['two-choices', 'least-connections'] as const satisfies Algorithm[];

function shareOf(sim: SimulatedPool, first: Behaviour, clients: number, requests = REQUESTS): number {
  const others = sim.pool.backends.slice(1).map(() => GOOD);
  return sim.send(requests, clients, [first, ...others])[0]!;
}

for (const algorithm of STRATEGY_NAMES) {
  describe(`${algorithm}: a backend that fails at once`, () => {
    for (const backends of [2, 3]) {
      for (const [what, status] of Object.entries({
        'answers 404': 404,
        'answers 429': 429,
        'answers 500': 500,
        resets: 0,
      })) {
        it(`and ${what} gets no more than its fair share of ${backends}, from the start or later`, () => {
          for (const clients of [1, 4, 20]) {
            for (const before of [0, 500]) {
              const sim = new SimulatedPool(algorithm, backends, { seed: clients });
              shareOf(sim, GOOD, clients, before);
              for (const requests of [200, REQUESTS]) {
                const share = shareOf(sim, failing(status), clients, requests);
                const message = `${share} of ${requests} by ${clients} clients, after ${before}`;
                assert.ok(share <= TOLERANCE / backends, message);
              }
            }
          }
        });
      }
    }
  });
}

for (const algorithm of LOADED) {
  describe(`${algorithm}: errors of the backend`, () => {
    for (const status of [429, 500, 503, 0]) {
      it(`such as ${status} cost it traffic`, () => {
        for (const clients of [4, 20]) {
          const share = shareOf(new SimulatedPool(algorithm, 2, {}), failing(status), clients);
          assert.ok(share < 0.4, `${share} by ${clients} clients`);
        }
      });
    }

    it('that are half of its answers cost it less than if they were all', () => {
      const half = shareOf(new SimulatedPool(algorithm, 3, {}), mixed(0.5, failing(500), GOOD), 20);
      const all = shareOf(new SimulatedPool(algorithm, 3, {}), failing(500), 20);
      assert.ok(all < half && half <= TOLERANCE / 3, `${all}, ${half}`);
    });

    it('that come late are no better than those that come at once', () => {
      const share = shareOf(new SimulatedPool(algorithm, 2, {}), answers(500, 100), 20);
      assert.ok(share < 0.2, `${share}`);
    });

    it('do not let it gain when its good answers are fast', () => {
      const fast = mixed(0.5, failing(500), answers(200, 9));
      const share = shareOf(new SimulatedPool(algorithm, 2, {}), fast, 20);
      assert.ok(share <= TOLERANCE / 2, `${share}`);
    });

    it('are forgotten once it recovers', () => {
      for (const status of [404, 429, 500, 0]) {
        for (const clients of [1, 4, 20]) {
          const sim = new SimulatedPool(algorithm, 2, {});
          shareOf(sim, failing(status), clients);
          const untilMs = sim.nowMs + 3000;
          while (sim.nowMs < untilMs) shareOf(sim, answers(200, 9), clients, 100);
          const share = shareOf(sim, answers(200, 9), clients);
          assert.ok(share > 0.45, `${share} after ${status} by ${clients} clients`);
        }
      }
    });

    it('that all backends have alike change nothing', () => {
      for (const status of [404, 429, 500]) {
        const shares = new SimulatedPool(algorithm, 3, {}).send(
          4 * REQUESTS,
          20,
          [0, 1, 2].map(() => mixed(0.8, failing(status), GOOD)),
        );
        for (const share of shares) assert.ok(Math.abs(share - 1 / 3) < 0.04, `${status}: ${shares}`);
      }
    });

    it('that a route has everywhere, such as 404, do not hide which backend is slow', () => {
      const behaviours = [10, 10, 50].map((ms) => mixed(0.8, failing(404), answers(200, ms)));
      const [, , slow] = new SimulatedPool(algorithm, 3, {}).send(4 * REQUESTS, 20, behaviours);
      assert.ok(slow! < 0.2, `${slow}`);
    });

    it('do not starve it: it is asked again', () => {
      const sim = new SimulatedPool(algorithm, 2, {});
      for (const status of [404, 500, 0]) {
        const beganMs = sim.nowMs;
        const asked = shareOf(sim, failing(status), 1, 2000) * 2000;
        const seconds = (sim.nowMs - beganMs) / 1000;
        assert.ok(asked >= Math.floor(seconds / 2.5), `${status}: ${asked} times in ${seconds} s`);
      }
    });
  });
}
