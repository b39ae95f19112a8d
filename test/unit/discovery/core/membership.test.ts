import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memberKey, type Member } from '../../../../src/discovery/core/member.ts';
import {
  type Membership,
  type MembershipEvent,
  type MembershipRules,
  startMembership,
  stepMembership,
} from '../../../../src/discovery/core/membership.ts';
import { seededDraw } from '../../../support/seeded.ts';

const WEAK: MembershipRules = { isStrong: false, holdMs: 30_000, shrinkLimit: 0.5, debounceMs: 500 };
const STRONG: MembershipRules = { ...WEAK, isStrong: true };

function member(name: string, more: Partial<Member> = {}): Member {
  return {
    address: name,
    port: 80,
    weight: 1,
    backup: false,
    draining: false,
    region: null,
    zone: null,
    uid: null,
    ...more,
  };
}

/** The reducer with a clock that runs when told, and that ticks when the reducer asks for it. */
class World {
  nowMs = 0;
  state: Membership;
  readonly changes: number[] = [];
  #nextAtMs: number | null = null;
  readonly #rules: MembershipRules;

  constructor(rules: MembershipRules, last: readonly Member[] = []) {
    this.#rules = rules;
    this.state = startMembership(last);
  }

  send(event: MembershipEvent): void {
    const { state, isChanged, nextAtMs } = stepMembership(this.state, event, this.nowMs, this.#rules);
    this.state = state;
    this.#nextAtMs = nextAtMs;
    if (isChanged) this.changes.push(this.nowMs);
  }

  list(...members: (string | Member)[]): void {
    const all = members.map((each) => (typeof each === 'string' ? member(each) : each));
    this.send({ kind: 'list', members: all, refused: [] });
  }

  fail(reason = 'timeout'): void {
    this.send({ kind: 'failed', reason });
  }

  probe(name: string, isUp: boolean): void {
    this.send({ kind: 'probed', key: `${name}:80`, isUp });
  }

  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.#nextAtMs !== null && this.#nextAtMs <= endMs) {
      assert.ok(this.#nextAtMs >= this.nowMs, 'it asks for a time that has passed');
      this.nowMs = this.#nextAtMs;
      this.send({ kind: 'tick' });
      assert.notEqual(this.#nextAtMs, this.nowMs, 'it asks for the same moment again');
    }
    this.nowMs = endMs;
  }

  get names(): readonly string[] {
    return [...this.state.members.keys()].map((key) => key.replace(':80', '')).toSorted();
  }
}

describe('the members of a pool', () => {
  test('apply at once the first time, later once they have settled', () => {
    const world = new World(STRONG);
    world.list('a');
    assert.deepEqual(world.names, ['a']);
    world.pass(5000);
    world.list('a', 'b');
    world.pass(400);
    world.list('a', 'b', 'c');
    world.pass(499);
    assert.deepEqual(world.names, ['a']);
    world.pass(1);
    assert.deepEqual(world.names, ['a', 'b', 'c']);
    assert.deepEqual(world.changes, [0, 5900]);
  });

  test('apply after four times the debounce although the source never rests', () => {
    const world = new World(STRONG);
    world.list('a');
    world.pass(10_000);
    for (let at = 0; at < 30; at += 1) {
      world.list('a', `b${at}`);
      world.pass(100);
    }
    assert.deepEqual(world.changes, [0, 12_000]);
  });

  test('stay as they are when a source fails, however long, and it is counted', () => {
    const world = new World(WEAK);
    world.list('a', 'b');
    world.pass(1000);
    for (let times = 0; times < 1000; times += 1) {
      world.fail('no answer');
      world.pass(30_000);
    }
    assert.deepEqual(world.names, ['a', 'b']);
    assert.deepEqual(
      [world.state.failures, world.state.failingSinceMs, world.state.lastError, world.state.listedAtMs],
      [1000, 1000, 'no answer', 0],
    );
    world.list('a', 'b');
    assert.deepEqual([world.state.failures, world.state.failingSinceMs, world.state.lastError], [0, null, null]);
  });

  test('of a strong source may be none', () => {
    const world = new World(STRONG);
    world.list('a', 'b');
    world.pass(1000);
    world.list();
    world.pass(500);
    assert.deepEqual(world.names, []);
  });

  test('of a weak source are held when the list is empty, while their health checks succeed', () => {
    const world = new World(WEAK);
    world.list('a', 'b');
    world.probe('a', true);
    world.pass(1000);
    world.list();
    world.pass(86_400_000);
    assert.deepEqual(world.names, ['a', 'b']);
    assert.deepEqual(world.state.members.get('a:80')!.held, { sinceMs: 1000, untilMs: null });
    world.probe('a', false);
    assert.deepEqual(world.names, ['b'], 'a failed check removes it at once');
    world.probe('b', false);
    world.pass(500);
    assert.deepEqual(world.names, []);
  });

  test('of a weak source are held for a time when a few are missing', () => {
    const world = new World(WEAK);
    world.list('a', 'b', 'c');
    world.pass(1000);
    world.list('a', 'b');
    world.pass(29_999);
    assert.deepEqual(world.names, ['a', 'b', 'c']);
    world.pass(2001);
    assert.deepEqual(world.names, ['a', 'b']);
  });

  test('that come back while they are held are not held any more', () => {
    const world = new World(WEAK);
    world.list('a', 'b', 'c');
    world.pass(1000);
    world.list('a', 'b');
    world.pass(20_000);
    world.list('a', 'b', 'c');
    world.pass(60_000);
    assert.deepEqual(world.names, ['a', 'b', 'c']);
    assert.equal(world.state.members.get('c:80')!.held, null);
    assert.deepEqual(world.changes, [0], 'traffic noticed nothing');
  });

  test('begin their time only when the list is no longer suspect', () => {
    const world = new World(WEAK);
    world.list('a', 'b', 'c');
    world.pass(1000);
    world.list('a');
    world.pass(600_000);
    assert.deepEqual(world.names, ['a', 'b', 'c']);
    world.list('a', 'b');
    world.pass(29_000);
    assert.deepEqual(world.names, ['a', 'b', 'c']);
    world.pass(3000);
    assert.deepEqual(world.names, ['a', 'b']);
  });

  test('that are all replaced at once overlap for the time of the hold', () => {
    const world = new World(WEAK);
    world.list('a', 'b');
    world.pass(1000);
    world.list('c', 'd');
    world.pass(500);
    assert.deepEqual(world.names, ['a', 'b', 'c', 'd']);
    world.pass(32_000);
    assert.deepEqual(world.names, ['c', 'd']);
  });

  test('whose answers rotate are all kept', () => {
    const world = new World(WEAK);
    for (let round = 0; round < 100; round += 1) {
      world.list(['a', 'b', 'c', 'd'][round % 4]!);
      world.pass(1000);
    }
    assert.deepEqual(world.names, ['a', 'b', 'c', 'd']);
    assert.ok(world.changes.length <= 4, `${world.changes.length} changes`);
  });

  test('with a new uid, weight or order to drain change', () => {
    const world = new World(STRONG);
    world.list(member('a', { uid: 'one' }));
    world.pass(1000);
    world.list(member('a', { uid: 'two', weight: 3, draining: true }));
    world.pass(1000);
    assert.deepEqual(world.changes, [0, 1500]);
    assert.deepEqual(world.state.members.get('a:80')!.member, member('a', { uid: 'two', weight: 3, draining: true }));
  });

  test('listed twice are one, with the better of what is said', () => {
    const world = new World(STRONG);
    world.list(
      member('a', { weight: 2, draining: true, backup: true }),
      member('a', { weight: 5, region: 'r', zone: 'z' }),
    );
    assert.deepEqual(
      [...world.state.members.values()].map((each) => each.member),
      [member('a', { weight: 5, region: 'r', zone: 'z' })],
    );
  });

  test('of the last run are unproven until a health check succeeds or the source lists them', () => {
    const world = new World(WEAK, [member('a'), member('b'), member('c')]);
    const proven = (): readonly boolean[] => [...world.state.members.values()].map((each) => each.isProven);
    assert.deepEqual(
      [world.names, proven()],
      [
        ['a', 'b', 'c'],
        [false, false, false],
      ],
    );
    world.probe('a', true);
    world.fail();
    world.pass(60_000);
    assert.deepEqual(
      [world.names, proven()],
      [
        ['a', 'b', 'c'],
        [true, false, false],
      ],
    );
    world.list('a', 'b');
    world.pass(1000);
    assert.deepEqual(
      [world.names, proven()],
      [
        ['a', 'b'],
        [true, true],
      ],
      'c was never seen alive',
    );
  });
});

describe('whatever happens', () => {
  const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

  for (const rules of [WEAK, STRONG]) {
    const kind = rules.isStrong ? 'strong' : 'weak';

    test(`a ${kind} source: changes keep their distance, failures remove nobody, and it ends with the list`, () => {
      for (let seed = 1; seed <= 100; seed += 1) {
        const draw = seededDraw(seed);
        const [world, shuffled] = [new World(rules), new World(rules)];
        let last: readonly string[] = [];
        for (let event = 0; event < 60; event += 1) {
          const before = new Set(world.state.wanted.keys());
          const what = draw.below(10);
          if (what < 5) {
            last = NAMES.filter(() => draw.fraction() < 0.6);
            world.list(...last);
            shuffled.list(...last.toSorted(() => draw.fraction() - 0.5), ...last.slice(0, 2));
          } else if (what < 8) {
            world.fail();
            shuffled.fail();
            const isKept = [...before].every((key) => world.state.wanted.has(key) || isExpired(world, key));
            assert.ok(isKept, `seed ${seed}: a failure removed a member`);
          } else {
            const [name, isUp] = [draw.of(NAMES), draw.fraction() < 0.7];
            world.probe(name, isUp);
            shuffled.probe(name, isUp);
          }
          const ms = draw.of([0, 1, 100, 499, 500, 700, 3000, 40_000]);
          world.pass(ms);
          shuffled.pass(ms);
          assert.deepEqual(shuffled.names, world.names, `seed ${seed}: the order of a list made a difference`);
          assert.deepEqual(shuffled.changes, world.changes, `seed ${seed}`);
        }
        const gaps = world.changes.slice(1).map((at, index) => at - world.changes[index]!);
        assert.ok(Math.min(...gaps, Infinity) >= 500, `seed ${seed}: changes within ${Math.min(...gaps)} ms`);
        // Enough is listed that nothing is suspect: after hold and debounce, the list is what applies.
        world.list(...NAMES.slice(0, 4));
        world.pass(rules.holdMs + 2000 + 1);
        assert.deepEqual(world.names, NAMES.slice(0, 4), `seed ${seed}`);
        assert.ok([...world.state.members.values()].every(({ held }) => held === null));
      }
    });
  }

  /** Its time was over at this moment, whatever the event was. */
  function isExpired(world: World, key: string): boolean {
    const untilMs = world.state.members.get(key)?.held?.untilMs;
    return untilMs !== null && untilMs !== undefined && untilMs <= world.nowMs;
  }

  test('failures alone never empty a pool', () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const draw = seededDraw(seed);
      const world = new World(draw.of([WEAK, STRONG]));
      const listed = NAMES.filter(() => draw.fraction() < 0.7);
      world.list(...listed);
      for (let event = 0; event < 50; event += 1) {
        if (draw.fraction() < 0.6) world.fail();
        else world.probe(draw.of(NAMES), draw.fraction() < 0.5);
        world.pass(draw.of([0, 300, 60_000]));
      }
      assert.deepEqual(world.names, listed, `seed ${seed}`);
    }
  });

  test('a key says address and port, of IPv6 as well', () => {
    assert.deepEqual([memberKey(member('10.0.0.1')), memberKey(member('fd00::1'))], ['10.0.0.1:80', '[fd00::1]:80']);
  });
});
