import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  admit,
  CLOSED,
  FORCED_OPEN,
  forceOpen,
  forgetTrips,
  generationOf,
  HALF_OPEN,
  halfOpen as halfOpenEarly,
  onTrialFailure,
  onTrialReleased,
  onTrialSuccess,
  openMsFor,
  REFUSED,
  reset,
  shouldTrip,
  stateName,
  stateOf,
  successesOf,
  trialsOf,
  trip,
  tripsOf,
  wouldAdmit,
} from '../../../../src/breaker/core/circuit-breaker.ts';
import { seededRandom } from '../../../../src/core/random.ts';
import { CIRCUIT as SETTINGS } from '../../../support/pool-settings.ts';

const UNTIL = 1000;
/** A closed circuit that never tripped: what fresh shared memory holds. */
const INITIAL_WORD = 0;

function fields(word: number): Record<string, number | string> {
  return { state: stateName(word), trips: tripsOf(word), trials: trialsOf(word), successes: successesOf(word) };
}

/** Tripped once and asked when due: half-open with one trial. */
function halfOpen(): number {
  return admit(trip(INITIAL_WORD), UNTIL, UNTIL, SETTINGS);
}

describe('a closed circuit', () => {
  it('is what zeroed memory holds, and admits without a change', () => {
    assert.deepEqual(fields(0), { state: 'closed', trips: 0, trials: 0, successes: 0 });
    assert.equal(admit(INITIAL_WORD, 0, 0, SETTINGS), INITIAL_WORD);
  });

  it('trips into a new generation', () => {
    const word = trip(INITIAL_WORD);
    assert.deepEqual(fields(word), { state: 'open', trips: 1, trials: 0, successes: 0 });
    assert.equal(generationOf(word), generationOf(INITIAL_WORD) + 1);
  });

  it('ignores answers of trials', () => {
    const word = INITIAL_WORD;
    assert.equal(onTrialSuccess(word, generationOf(word), SETTINGS), word);
    assert.equal(onTrialFailure(word, generationOf(word)), word);
    assert.equal(onTrialReleased(word, generationOf(word)), word);
  });
});

describe('an open circuit', () => {
  const word = trip(INITIAL_WORD);

  it('refuses before its time is over, and when the clock goes back', () => {
    assert.equal(admit(word, UNTIL - 1, UNTIL, SETTINGS), REFUSED);
    assert.equal(admit(word, -5, UNTIL, SETTINGS), REFUSED);
  });

  it('becomes half-open when it is asked at its time or later, and the asker is a trial', () => {
    for (const nowMs of [UNTIL, UNTIL + 1]) {
      const next = admit(word, nowMs, UNTIL, SETTINGS);
      assert.deepEqual(fields(next), { state: 'half-open', trips: 1, trials: 1, successes: 0 });
      assert.equal(generationOf(next), generationOf(word) + 1);
    }
  });

  it('trips no second time: two threads that saw the same failures are one trip', () => {
    assert.equal(trip(word), word);
  });
});

describe('a circuit forced open', () => {
  const words = [INITIAL_WORD, trip(INITIAL_WORD), halfOpen(), forceOpen(INITIAL_WORD)];

  it('is open in a new generation, whatever its state, and keeps its trips', () => {
    for (const word of words) {
      const forced = forceOpen(word);
      assert.equal(stateOf(forced), FORCED_OPEN);
      assert.deepEqual(fields(forced), { state: 'open', trips: tripsOf(word), trials: 0, successes: 0 });
      assert.equal(generationOf(forced), generationOf(word) + 1);
    }
  });

  it('refuses before its time, and is half-open with one trial from then on', () => {
    const forced = forceOpen(INITIAL_WORD);
    assert.equal(admit(forced, UNTIL - 1, UNTIL, SETTINGS), REFUSED);
    for (const nowMs of [UNTIL, UNTIL + 1]) {
      assert.deepEqual(fields(admit(forced, nowMs, UNTIL, SETTINGS)), {
        state: 'half-open',
        trips: 0,
        trials: 1,
        successes: 0,
      });
    }
  });

  it('is ended by no answer: neither a late trial, nor a failure, nor forgetting', () => {
    const trial = halfOpen();
    const forced = forceOpen(trial);
    for (const generation of [generationOf(trial), generationOf(forced)]) {
      assert.equal(onTrialSuccess(forced, generation, SETTINGS), forced);
      assert.equal(onTrialFailure(forced, generation), forced);
      assert.equal(onTrialReleased(forced, generation), forced);
    }
    assert.equal(trip(forced), forced);
    assert.equal(forgetTrips(forced), forced);
  });
});

describe('a circuit made half-open early', () => {
  it('keeps its trips, in a new generation without a trial in flight', () => {
    const word = trip(INITIAL_WORD);
    const early = halfOpenEarly(word);
    assert.deepEqual(fields(early), { state: 'half-open', trips: 1, trials: 0, successes: 0 });
    assert.equal(generationOf(early), generationOf(word) + 1);
    assert.equal(trialsOf(admit(early, 0, UNTIL, SETTINGS)), 1);
  });

  it('was open: one that is not, or that an operator opened, does not change', () => {
    for (const word of [INITIAL_WORD, halfOpen(), forceOpen(trip(INITIAL_WORD))])
      assert.equal(halfOpenEarly(word), word);
  });
});

describe('a half-open circuit', () => {
  it('has as many trials at a time as the settings say', () => {
    let word = halfOpen();
    for (let trials = 2; trials <= SETTINGS.halfOpenTrials; trials += 1) {
      word = admit(word, UNTIL, UNTIL, SETTINGS);
      assert.equal(trialsOf(word), trials);
    }
    assert.equal(admit(word, UNTIL, UNTIL, SETTINGS), REFUSED);
  });

  it('counts up to 15 trials without touching its neighbours in the word', () => {
    const settings = { ...SETTINGS, halfOpenTrials: 99 };
    let word = halfOpen();
    while (admit(word, UNTIL, UNTIL, settings) !== REFUSED) word = admit(word, UNTIL, UNTIL, settings);
    assert.deepEqual(fields(word), { state: 'half-open', trips: 1, trials: 15, successes: 0 });
  });

  it('closes after enough successes, keeping its trips until they are forgotten', () => {
    const first = admit(halfOpen(), UNTIL, UNTIL, SETTINGS);
    const generation = generationOf(first);
    const second = onTrialSuccess(first, generation, SETTINGS);
    assert.deepEqual(fields(second), { state: 'half-open', trips: 1, trials: 1, successes: 1 });
    const closed = onTrialSuccess(second, generation, SETTINGS);
    assert.deepEqual(fields(closed), { state: 'closed', trips: 1, trials: 0, successes: 0 });
    assert.notEqual(generationOf(closed), generation);
  });

  it('counts successes one after the other too', () => {
    let word = halfOpen();
    word = onTrialSuccess(word, generationOf(word), SETTINGS);
    word = admit(word, UNTIL, UNTIL, SETTINGS);
    assert.deepEqual(fields(word), { state: 'half-open', trips: 1, trials: 1, successes: 1 });
    assert.equal(stateOf(onTrialSuccess(word, generationOf(word), SETTINGS)), CLOSED);
  });

  it('needs at most the 15 successes that the word can count', () => {
    const settings = { ...SETTINGS, halfOpenSuccesses: 99 };
    let word = halfOpen();
    for (let turn = 1; turn < 15; turn += 1) {
      word = admit(onTrialSuccess(word, generationOf(word), settings), UNTIL, UNTIL, settings);
      assert.equal(stateOf(word), HALF_OPEN);
    }
    assert.equal(stateOf(onTrialSuccess(word, generationOf(word), settings)), CLOSED);
  });

  it('opens again at the first failure, with one more trip', () => {
    const word = halfOpen();
    const opened = onTrialFailure(word, generationOf(word));
    assert.deepEqual(fields(opened), { state: 'open', trips: 2, trials: 0, successes: 0 });
  });

  it('gets a trial back that ended without a verdict', () => {
    const word = admit(halfOpen(), UNTIL, UNTIL, SETTINGS);
    const released = onTrialReleased(word, generationOf(word));
    assert.deepEqual(fields(released), { state: 'half-open', trips: 1, trials: 1, successes: 0 });
  });

  it('never has fewer than no trials', () => {
    const word = halfOpen();
    const none = onTrialReleased(word, generationOf(word));
    assert.equal(onTrialReleased(none, generationOf(none)), none);
    assert.equal(onTrialSuccess(none, generationOf(none), SETTINGS), none);
    assert.equal(onTrialFailure(none, generationOf(none)), none);
  });

  it('ignores an answer of an earlier generation', () => {
    const earlier = generationOf(halfOpen());
    const opened = onTrialFailure(halfOpen(), earlier);
    const word = admit(opened, UNTIL, UNTIL, SETTINGS);
    assert.equal(onTrialSuccess(word, earlier, SETTINGS), word);
    assert.equal(onTrialFailure(word, earlier), word);
    assert.equal(onTrialReleased(word, earlier), word);
  });

  it('does not trip: its trials decide', () => {
    const word = halfOpen();
    assert.equal(trip(word), word);
  });
});

describe('reset', () => {
  it('closes whatever the state was, without history', () => {
    const trial = halfOpen();
    const closedAgain = onTrialSuccess(trial, generationOf(trial), { ...SETTINGS, halfOpenSuccesses: 1 });
    for (const word of [trip(INITIAL_WORD), trial, forceOpen(INITIAL_WORD), closedAgain]) {
      const closed = reset(word);
      assert.deepEqual(fields(closed), { state: 'closed', trips: 0, trials: 0, successes: 0 });
      assert.equal(generationOf(closed), generationOf(word) + 1);
    }
  });

  it('changes nothing when there is nothing to reset', () => {
    assert.equal(reset(INITIAL_WORD), INITIAL_WORD);
  });
});

describe('forgetTrips', () => {
  it('forgets those of a closed circuit, in the same generation', () => {
    const trial = halfOpen();
    const closed = onTrialSuccess(trial, generationOf(trial), { ...SETTINGS, halfOpenSuccesses: 1 });
    assert.equal(tripsOf(closed), 1);
    assert.deepEqual(fields(forgetTrips(closed)), { state: 'closed', trips: 0, trials: 0, successes: 0 });
    assert.equal(generationOf(forgetTrips(closed)), generationOf(closed));
  });

  it('changes nothing when there are none, or when it is not closed', () => {
    for (const word of [INITIAL_WORD, trip(INITIAL_WORD), halfOpen()]) assert.equal(forgetTrips(word), word);
  });
});

describe('the word', () => {
  it('counts trips to 15 and stays there', () => {
    let word = trip(INITIAL_WORD);
    for (let turn = 0; turn < 40; turn += 1) {
      word = admit(word, UNTIL, UNTIL, SETTINGS);
      word = onTrialFailure(word, generationOf(word));
    }
    assert.deepEqual(fields(word), { state: 'open', trips: 15, trials: 0, successes: 0 });
  });

  it('wraps its generation without becoming negative or touching the other fields', () => {
    let word = trip(INITIAL_WORD);
    while (generationOf(word) < 131_071) word = trip(reset(word));
    assert.equal(word, word | 0);
    const next = reset(word);
    assert.equal(next, INITIAL_WORD);
  });

  it('stays a valid Int32, never negative and never REFUSED, on any path', () => {
    const random = seededRandom(5);
    const settings = { ...SETTINGS, halfOpenTrials: 15, halfOpenSuccesses: 15 };
    let word = 131_000 << 14;
    for (let turn = 0; turn < 200_000; turn += 1) {
      const generation = generationOf(word) - (random() < 0.1 ? 1 : 0);
      const draw = random();
      let next = word;
      if (draw < 0.5) next = admit(word, 0, 0, settings);
      else if (draw < 0.7) next = onTrialSuccess(word, generation, settings);
      else if (draw < 0.72) next = onTrialFailure(word, generation);
      else if (draw < 0.8) next = onTrialReleased(word, generation);
      else if (draw < 0.9) next = trip(word);
      else if (draw < 0.901) next = reset(word);
      else next = forgetTrips(word);
      if (next === REFUSED) continue;
      assert.ok(next >= 0 && next === (next | 0), `${word} -> ${next}`);
      assert.ok(stateOf(next) === HALF_OPEN || trialsOf(next) + successesOf(next) === 0);
      word = next;
    }
  });
});

describe('wouldAdmit', () => {
  it('returns what admit would', () => {
    assert.equal(wouldAdmit(INITIAL_WORD, 0, 0, SETTINGS), true);
    assert.equal(wouldAdmit(trip(INITIAL_WORD), UNTIL - 1, UNTIL, SETTINGS), false);
    assert.equal(wouldAdmit(trip(INITIAL_WORD), UNTIL, UNTIL, SETTINGS), true);
    assert.equal(wouldAdmit(halfOpen(), UNTIL, UNTIL, SETTINGS), true);
    assert.equal(wouldAdmit(halfOpen(), UNTIL, UNTIL, { ...SETTINGS, halfOpenTrials: 1 }), false);
  });
});

describe('the open time', () => {
  it('doubles with every trip, up to the cap', () => {
    const times = [1, 2, 3, 4, 5, 6, 15].map((trips) => Math.round(openMsFor(trips, SETTINGS, 0.5)));
    assert.deepEqual(times, [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  });

  it('varies by ten percent either way, at the cap too', () => {
    assert.equal(openMsFor(1, SETTINGS, 0), 9000);
    assert.ok(Math.abs(openMsFor(1, SETTINGS, 1) - 11_000) < 1e-6);
    assert.ok(Math.abs(openMsFor(15, SETTINGS, 1) - 330_000) < 1e-6);
  });

  it('is that of the first trip when none is counted', () => {
    assert.equal(openMsFor(0, SETTINGS, 0), 9000);
  });
});

describe('shouldTrip', () => {
  const cases: [name: string, requests: number, failures: number, inARow: number, expected: boolean][] = [
    ['nothing happened', 0, 0, 0, false],
    ['enough in a row, whatever the window says', 0, 0, 5, true],
    ['one too few in a row', 4, 4, 4, false],
    ['half of enough requests', 20, 10, 0, true],
    ['just under half', 20, 9, 0, false],
    ['all of too few requests', 19, 19, 0, false],
    ['more than half of many', 1000, 501, 1, true],
  ];
  for (const [name, requests, failures, inARow, expected] of cases) {
    it(`${name}: ${expected}`, () => assert.equal(shouldTrip(requests, failures, inARow, SETTINGS), expected));
  }

  it('takes a ratio of 0 as any failure, not as none', () => {
    const settings = { ...SETTINGS, errorRatio: 0 };
    assert.equal(shouldTrip(20, 0, 0, settings), false);
    assert.equal(shouldTrip(20, 1, 0, settings), true);
  });
});
