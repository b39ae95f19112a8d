import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evenShare, levelOf, type LevelCapacity, localityShares } from '../../../../src/balancing/core/locality.ts';
import { seededRandom } from '../../../../src/core/random.ts';

const RULE = { overprovisioning: 1.4, minBackends: 1, trafficShare: 0 };

function level(available: number, configured = available): LevelCapacity {
  return { available, configured, count: available };
}

function assertShares(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [at, share] of actual.entries()) {
    assert.ok(Math.abs(share - expected[at]!) < 1e-9, `${actual.join(' ')} instead of ${expected.join(' ')}`);
  }
}

describe('shares of the levels', () => {
  test('a near level keeps everything until less than 1/f of it is available', () => {
    assertShares(localityShares([level(4), level(8)], RULE), [1, 0]);
    assertShares(localityShares([level(5, 7), level(8)], RULE), [1, 0]);
    assertShares(localityShares([level(2, 4), level(8)], RULE), [0.7, 0.3]);
    assertShares(localityShares([level(1, 4), level(8)], RULE), [0.35, 0.65]);
    assertShares(localityShares([level(0, 4), level(8)], RULE), [0, 1]);
  });

  test('what the second level cannot take goes to the third', () => {
    assertShares(localityShares([level(1, 4), level(1, 4), level(8)], RULE), [0.35, 0.35, 0.3]);
  });

  test('with too little everywhere, each takes its part of what there is, as in Envoy', () => {
    assertShares(localityShares([level(1, 4), level(1, 7)], RULE), [0.35 / 0.55, 0.2 / 0.55]);
  });

  test('a far level that is only degraded still takes all that there is no other for', () => {
    assertShares(localityShares([level(0, 4), level(1, 100)], RULE), [0, 1]);
  });

  test('a small place takes only what its backends can carry of its traffic', () => {
    // Three places with a third of the traffic each; this one has a tenth of the backends.
    const rule = { ...RULE, trafficShare: 1 / 3 };
    assertShares(localityShares([level(1), level(9)], rule), [0.42, 0.58]);
    assertShares(localityShares([level(3), level(6)], rule), [1, 0]);
    assertShares(localityShares([level(3), level(6)], { ...rule, trafficShare: 1 }), [1.4 / 3, 1 - 1.4 / 3]);
    assertShares(localityShares([level(1), level(9)], { ...rule, trafficShare: 0 }), [1, 0]);
  });

  test('and takes all once the others are gone', () => {
    assertShares(localityShares([level(1), level(0, 9)], { ...RULE, trafficShare: 1 / 3 }), [1, 0]);
  });

  test('a place with fewer backends than the minimum is not preferred', () => {
    const rule = { ...RULE, minBackends: 3 };
    assertShares(localityShares([level(2), level(8)], rule), [0, 1]);
    assertShares(localityShares([level(3), level(8)], rule), [1, 0]);
    assertShares(localityShares([level(2), level(0, 8)], rule), [1, 0]);
    assertShares(localityShares([level(2), level(1), level(0, 5)], rule), [2 / 3, 1 / 3, 0]);
  });

  test('a slow start brings traffic back bit by bit', () => {
    const shares = [0.1, 0.3, 0.5, 1].map(
      (weight) => localityShares([{ available: weight, configured: 1, count: 1 }, level(1)], RULE)[0]!,
    );
    assertShares(shares, [0.14, 0.42, 0.7, 1]);
  });

  test('whatever the numbers: they add up to 1, nothing goes where nothing is, all rises with what is available', () => {
    const random = seededRandom(7);
    const number = (most: number): number => Math.floor(random() * (most + 1));
    for (let round = 0; round < 20_000; round += 1) {
      const levels = Array.from({ length: 1 + number(2) }, () => {
        const configured = number(9);
        const count = number(configured);
        // Adaptation may raise weights above the configured ones.
        return { configured, count, available: count * (0.1 + 1.5 * random()) };
      });
      const rule = {
        overprovisioning: 1 + random(),
        minBackends: 1 + number(3),
        trafficShare: random() < 0.3 ? 0 : random(),
      };
      const shares = localityShares(levels, rule);
      const sum = shares.reduce((total, share) => total + share, 0);
      const isServing = levels.some(({ available }) => available > 0);
      assert.ok(Math.abs(sum - (isServing ? 1 : 0)) < 1e-9, JSON.stringify({ levels, rule, shares }));
      for (const [at, share] of shares.entries()) {
        assert.ok(share >= 0);
        if (levels[at]!.available === 0) assert.equal(share, 0);
      }
      const more = levels.with(0, { ...levels[0]!, available: levels[0]!.configured, count: levels[0]!.configured });
      if (levels[0]!.available <= levels[0]!.configured) {
        assert.ok(localityShares(more, rule)[0]! >= shares[0]! - 1e-9, JSON.stringify({ levels, rule }));
      }
    }
  });
});

test('a zone is that of the gateway by its name, unless the regions differ', () => {
  const here = { region: 'eu', zone: 'a' };
  assert.equal(levelOf(here, { region: 'eu', zone: 'a' }), 'zone');
  assert.equal(levelOf(here, { region: null, zone: 'a' }), 'zone');
  assert.equal(levelOf(here, { region: 'eu', zone: 'b' }), 'region');
  assert.equal(levelOf(here, { region: 'eu', zone: null }), 'region');
  assert.equal(levelOf(here, { region: 'us', zone: 'a' }), 'other');
  assert.equal(levelOf(here, { region: null, zone: null }), 'other');
  assert.equal(levelOf({ region: null, zone: null }, { region: null, zone: null }), 'other');
  assert.equal(levelOf({ region: null, zone: 'a' }, { region: 'us', zone: 'a' }), 'zone');
});

test('traffic is taken to arrive evenly in all places that are known', () => {
  const here = { region: 'eu', zone: 'a' };
  const backends = [
    { region: 'eu', zone: 'a' },
    { region: 'eu', zone: 'b' },
    { region: 'us', zone: 'a' },
  ];
  assert.equal(evenShare('zone', here, backends), 1 / 3);
  assert.equal(evenShare('region', here, backends), 1 / 2);
  assert.equal(evenShare('zone', { region: 'eu', zone: 'c' }, backends), 1 / 4);
});
