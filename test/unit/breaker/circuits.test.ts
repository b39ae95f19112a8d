import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CircuitBreakerSettings } from '../../../src/config/settings.ts';
import { REFUSED, stateName, trialsOf, tripsOf } from '../../../src/breaker/core/circuit-breaker.ts';
import { BackendRow } from '../../../src/backends/backend-row.ts';
import { allocateBackendTable, BackendTable } from '../../../src/backends/backend-table.ts';
import { Circuits, PASS } from '../../../src/breaker/circuits.ts';
import { CIRCUIT } from '../../support/pool-settings.ts';

/** No jitter: openMs lasts exactly that long. */
const noJitter = (): number => 0.5;
const INDEX = 7;

/** What two threads and the control thread see of one backend, and shorthands for what they do. */
class Threads {
  readonly buffers = allocateBackendTable(2);
  readonly table = new BackendTable(this.buffers);
  readonly one = this.#circuits(0);
  readonly two = this.#circuits(1);
  readonly settings: CircuitBreakerSettings;

  constructor(settings: Partial<CircuitBreakerSettings> = {}) {
    this.settings = { ...CIRCUIT, ...settings };
    this.table.occupy(INDEX, 1, true);
  }

  get state(): string {
    return stateName(this.table.circuitWord(INDEX));
  }

  get trips(): number {
    return tripsOf(this.table.circuitWord(INDEX));
  }

  get trials(): number {
    return trialsOf(this.table.circuitWord(INDEX));
  }

  admit(nowMs: number, circuits = this.one): number {
    return circuits.admit(INDEX, this.settings, nowMs);
  }

  succeed(nowMs: number, pass = this.admit(nowMs), circuits = this.one): void {
    circuits.succeeded(INDEX, pass, this.settings, nowMs);
  }

  fail(nowMs: number, pass = this.admit(nowMs), circuits = this.one): boolean {
    return circuits.failed(INDEX, pass, this.settings, nowMs);
  }

  /** Fails in a row until the circuit opens. */
  trip(nowMs: number): void {
    for (let failure = 1; failure < this.settings.consecutiveFailures; failure += 1)
      assert.equal(this.fail(nowMs), false);
    assert.equal(this.fail(nowMs), true);
  }

  /** Succeeds in as many trials as it takes to close. */
  close(nowMs: number): void {
    for (let trial = 0; trial < this.settings.halfOpenSuccesses; trial += 1) this.succeed(nowMs);
    assert.equal(this.state, 'closed');
  }

  #circuits(thread: number): Circuits {
    const table = new BackendTable(this.buffers);
    return new Circuits(table, new BackendRow(table, thread), noJitter);
  }
}

describe('a closed circuit', () => {
  it('lets everything through', () => {
    const threads = new Threads();
    assert.equal(threads.one.wouldAdmit(INDEX, threads.settings, 0), true);
    assert.equal(threads.admit(0), PASS);
  });

  it('trips by failures in a row, counted over all threads, and only one thread trips it', () => {
    const threads = new Threads();
    const passes = Array.from({ length: 6 }, () => threads.admit(1000));
    const opened = passes.map((pass, at) => threads.fail(1000, pass, at % 2 === 0 ? threads.one : threads.two));
    assert.deepEqual(opened, [false, false, false, false, true, false]);
    assert.equal(threads.trips, 1);
  });

  it('does not trip when a success of another thread comes in between', () => {
    const threads = new Threads();
    for (let failure = 0; failure < 4; failure += 1) threads.fail(1000);
    threads.succeed(1000, threads.admit(1000, threads.two), threads.two);
    for (let failure = 0; failure < 4; failure += 1) threads.fail(1000);
    assert.equal(threads.state, 'closed');
    threads.fail(1000);
    assert.equal(threads.state, 'open');
  });

  it('trips by the share of failures in the window of all threads', () => {
    const threads = new Threads({ consecutiveFailures: 1000 });
    for (let success = 0; success < 10; success += 1)
      threads.succeed(1000, threads.admit(1000, threads.two), threads.two);
    for (let failure = 0; failure < 9; failure += 1) assert.equal(threads.fail(2000), false);
    assert.equal(threads.fail(2000), true);
  });

  it('does not trip by share with too few requests', () => {
    const threads = new Threads({ consecutiveFailures: 1000 });
    for (let failure = 0; failure < 19; failure += 1) assert.equal(threads.fail(1000), false);
    assert.equal(threads.fail(1000), true);
  });

  it('does not trip by what has left the window', () => {
    const threads = new Threads({ consecutiveFailures: 1000 });
    for (let failure = 0; failure < 19; failure += 1) threads.fail(1000);
    assert.equal(threads.fail(11_000), false);
    assert.equal(threads.state, 'closed');
  });

  it('remembers when it last saw a failure', () => {
    const threads = new Threads();
    assert.equal(threads.table.lastFailure(INDEX), 0);
    threads.fail(1234);
    threads.succeed(2000);
    assert.equal(threads.table.lastFailure(INDEX), 1234);
  });

  it('raises the availability version when it opens', () => {
    const threads = new Threads();
    const before = threads.table.availabilityVersion;
    threads.trip(1000);
    assert.notEqual(threads.table.availabilityVersion, before);
  });
});

describe('an open circuit', () => {
  it('refuses until its time is up, on every thread', () => {
    const threads = new Threads();
    threads.trip(1000);
    assert.equal(threads.table.openUntil(INDEX), 11_000);
    for (const circuits of [threads.one, threads.two]) {
      assert.equal(threads.admit(10_999, circuits), REFUSED);
      assert.equal(circuits.wouldAdmit(INDEX, threads.settings, 10_999), false);
      assert.equal(circuits.wouldAdmit(INDEX, threads.settings, 11_000), true);
    }
    assert.equal(threads.state, 'open');
    assert.ok(threads.admit(11_000) >= 0);
    assert.equal(threads.state, 'half-open');
  });

  it('refuses also when the clock goes back', () => {
    const threads = new Threads();
    threads.trip(1000);
    assert.equal(threads.admit(500), REFUSED);
  });

  it('does not trip again by the outcomes of requests that were under way', () => {
    const threads = new Threads();
    const underWay = Array.from({ length: 10 }, () => threads.admit(1000));
    threads.trip(1000);
    for (const pass of underWay) assert.equal(threads.fail(2000, pass), false);
    assert.equal(threads.trips, 1);
    assert.equal(threads.table.openUntil(INDEX), 11_000);
  });

  it('is not closed by successes of requests that were under way', () => {
    const threads = new Threads();
    const underWay = Array.from({ length: 10 }, () => threads.admit(1000));
    threads.trip(1000);
    for (const pass of underWay) threads.succeed(2000, pass);
    assert.equal(threads.state, 'open');
  });
});

describe('a half-open circuit', () => {
  function halfOpen(settings: Partial<CircuitBreakerSettings> = {}): Threads {
    const threads = new Threads(settings);
    threads.trip(1000);
    return threads;
  }

  it('lets no more than its trials through at a time, over all threads', () => {
    const threads = halfOpen();
    const passes = [threads.one, threads.two, threads.one, threads.two].map((each) => threads.admit(11_000, each));
    assert.deepEqual(
      passes.map((pass) => pass !== REFUSED),
      [true, true, true, false],
    );
    assert.equal(threads.two.wouldAdmit(INDEX, threads.settings, 11_000), false);
    threads.two.released(INDEX, passes[1]!);
    assert.notEqual(threads.admit(11_000, threads.one), REFUSED);
    assert.equal(threads.admit(11_000, threads.one), REFUSED);
  });

  it('closes after enough successes, seen by any thread', () => {
    const threads = halfOpen();
    const passes = [threads.admit(11_000), threads.admit(11_000, threads.two)];
    threads.succeed(11_050, passes[0]!);
    assert.equal(threads.state, 'half-open');
    threads.succeed(11_060, passes[1]!, threads.two);
    assert.equal(threads.state, 'closed');
    assert.equal(threads.table.closedSince(INDEX), 11_060);
    assert.equal(threads.trips, 1);
  });

  it('opens again at the first failure, for twice as long', () => {
    const threads = halfOpen();
    assert.equal(threads.fail(11_000), true);
    assert.equal(threads.trips, 2);
    assert.equal(threads.table.openUntil(INDEX), 31_000);
    assert.equal(threads.admit(30_999), REFUSED);
  });

  it('ignores late outcomes of an earlier generation', () => {
    const threads = halfOpen();
    const [early, late] = [threads.admit(11_000), threads.admit(11_000, threads.two)];
    threads.fail(11_100, early);
    const current = threads.admit(31_100);
    threads.succeed(31_200, late, threads.two);
    assert.equal(threads.trials, 1);
    assert.equal(threads.fail(31_200, early), false);
    threads.two.released(INDEX, late);
    assert.deepEqual([threads.state, threads.trials], ['half-open', 1]);
    threads.succeed(31_300, current);
    threads.succeed(31_300);
    assert.equal(threads.state, 'closed');
  });

  it('gets the trial back of a client that left, which is no verdict', () => {
    const threads = halfOpen({ halfOpenTrials: 1, halfOpenSuccesses: 1 });
    const before = threads.table.failures(INDEX) + threads.table.successes(INDEX);
    const pass = threads.admit(11_000);
    assert.equal(threads.admit(11_000), REFUSED);
    const version = threads.table.availabilityVersion;
    threads.one.released(INDEX, pass);
    assert.notEqual(threads.table.availabilityVersion, version);
    assert.equal(threads.state, 'half-open');
    assert.equal(threads.table.failures(INDEX) + threads.table.successes(INDEX), before);
    threads.succeed(11_000);
    assert.equal(threads.state, 'closed');
  });

  it('gets the trials back of a thread that died', () => {
    const threads = halfOpen();
    threads.admit(11_000);
    for (let trial = 0; trial < 2; trial += 1) threads.admit(11_000, threads.two);
    assert.equal(threads.admit(11_000), REFUSED);
    const held = threads.table.releaseThread(1);
    assert.deepEqual(
      held.map(({ index, trials }) => ({ index, trials })),
      [{ index: INDEX, trials: 2 }],
    );
    for (const { index, trials } of held) threads.one.releaseTrials(index, trials);
    assert.equal(threads.trials, 1);
    assert.deepEqual(threads.table.releaseThread(1), []);
  });

  it('gets nothing back for a dead thread’s trial of an earlier generation', () => {
    const threads = halfOpen();
    threads.admit(11_000, threads.two);
    threads.fail(11_100);
    for (let trial = 0; trial < 3; trial += 1) assert.notEqual(threads.admit(31_100), REFUSED);
    for (const { index, trials } of threads.table.releaseThread(1)) threads.one.releaseTrials(index, trials);
    assert.equal(threads.trials, 3);
    assert.equal(threads.admit(31_100), REFUSED);
  });

  it('gets back only the dead thread’s trials of this generation', () => {
    const threads = halfOpen();
    const early = threads.admit(11_000, threads.two);
    threads.fail(11_100);
    for (let trial = 0; trial < 2; trial += 1) threads.admit(31_100, threads.two);
    threads.two.released(INDEX, early);
    for (const { index, trials } of threads.table.releaseThread(1)) threads.one.releaseTrials(index, trials);
    assert.equal(threads.trials, 0);
  });

  it('of a thread that died without a trial gets nothing back', () => {
    const threads = halfOpen();
    threads.succeed(11_000, threads.admit(11_000, threads.two), threads.two);
    threads.admit(11_000);
    assert.deepEqual(threads.table.releaseThread(1), []);
    assert.equal(threads.trials, 1);
  });
});

describe('a circuit that has closed', () => {
  const byRatio: Partial<CircuitBreakerSettings> = { minimumRequests: 10, openMs: 1000, consecutiveFailures: 10 };

  it('begins a new window: its failures from before do not trip it again', () => {
    const threads = new Threads(byRatio);
    for (let failure = 0; failure < 9; failure += 1) threads.fail(1000, threads.admit(1000), threads.two);
    assert.equal(threads.fail(1000), true);
    threads.close(2000);
    for (let failure = 0; failure < 9; failure += 1) assert.equal(threads.fail(2001), false);
    assert.equal(threads.fail(2001), true);
  });

  it('shows the failures that tripped it until it closes', () => {
    const threads = new Threads(byRatio);
    threads.trip(1000);
    const sum = { successes: 0, failures: 0 };
    threads.table.window(INDEX, 1999, threads.settings.windowMs, sum);
    assert.deepEqual(sum, { successes: 0, failures: 10 });
    threads.close(2000);
    threads.table.window(INDEX, 2000, threads.settings.windowMs, sum);
    assert.deepEqual(sum, { successes: 0, failures: 0 });
    assert.equal(threads.table.failures(INDEX), 10);
  });

  it('is not tripped by late failures of requests from before it opened', () => {
    const threads = new Threads();
    const underWay = Array.from({ length: 30 }, () => threads.admit(1000));
    threads.trip(1000);
    threads.close(11_000);
    for (const pass of underWay) assert.equal(threads.fail(12_000, pass), false);
    assert.deepEqual([threads.state, threads.table.consecutiveFailures(INDEX)], ['closed', 0]);
    const sum = { successes: 0, failures: 0 };
    threads.table.window(INDEX, 12_000, threads.settings.windowMs, sum);
    assert.deepEqual(sum, { successes: 0, failures: 0 });
    assert.equal(threads.table.failures(INDEX), 35);
  });

  it('has its row of failures not ended by late successes of requests from before it opened', () => {
    const threads = new Threads();
    const underWay = threads.admit(1000);
    threads.trip(1000);
    threads.close(11_000);
    for (let failure = 0; failure < 4; failure += 1) threads.fail(12_000);
    threads.succeed(12_000, underWay);
    assert.equal(threads.fail(12_000), true);
  });

  it('is not tripped by a trial that fails after the others have closed it', () => {
    const threads = new Threads({ consecutiveFailures: 1 });
    threads.trip(1000);
    const [first, second, third] = [threads.admit(11_000), threads.admit(11_000), threads.admit(11_000, threads.two)];
    threads.succeed(11_100, first);
    threads.succeed(11_100, second);
    assert.equal(threads.fail(11_200, third, threads.two), false);
    assert.equal(threads.state, 'closed');
    assert.deepEqual(threads.table.releaseThread(1), []);
  });

  it('begins a new window for an operator’s reset, too', () => {
    const threads = new Threads(byRatio);
    threads.trip(1000);
    threads.one.reset(INDEX, 1500);
    for (let failure = 0; failure < 9; failure += 1) assert.equal(threads.fail(1500), false);
    assert.equal(threads.state, 'closed');
  });
});

describe('earlier trips', () => {
  it('are forgotten by the first success after the circuit was closed for long enough', () => {
    const threads = new Threads();
    threads.trip(1000);
    threads.close(11_000);
    threads.succeed(70_999);
    assert.equal(threads.trips, 1);
    threads.succeed(71_000);
    assert.equal(threads.trips, 0);
    threads.trip(72_000);
    assert.equal(threads.table.openUntil(INDEX), 82_000);
  });

  it('are forgotten also when the next request after that time is the failure that trips', () => {
    const threads = new Threads();
    threads.trip(1000);
    threads.close(11_000);
    threads.trip(71_000);
    assert.equal(threads.trips, 1);
    assert.equal(threads.table.openUntil(INDEX), 81_000);
  });

  it('make the next open time longer as long as they are not', () => {
    const threads = new Threads();
    threads.trip(1000);
    threads.close(11_000);
    threads.trip(30_000);
    assert.equal(threads.table.openUntil(INDEX), 50_000);
  });
});

describe('reset by an operator', () => {
  it('closes an open circuit and forgets its trips', () => {
    const threads = new Threads();
    threads.trip(1000);
    threads.one.reset(INDEX, 2000);
    assert.deepEqual([threads.state, threads.trips], ['closed', 0]);
    assert.equal(threads.admit(2000) === REFUSED, false);
    assert.equal(threads.table.closedSince(INDEX), 2000);
  });

  it('of a circuit that never tripped changes nothing but the row of failures', () => {
    const threads = new Threads();
    for (let failure = 0; failure < 4; failure += 1) threads.fail(1000);
    const version = threads.table.availabilityVersion;
    threads.one.reset(INDEX, 2000);
    assert.equal(threads.table.availabilityVersion, version);
    assert.equal(threads.table.consecutiveFailures(INDEX), 0);
  });
});

describe('a circuit breaker that is turned off', () => {
  it('lets everything through, counts it, and never trips', () => {
    const threads = new Threads({ enabled: false });
    for (let failure = 0; failure < 100; failure += 1) assert.equal(threads.fail(1000), false);
    threads.succeed(1000);
    assert.equal(threads.admit(1000), PASS);
    assert.equal(threads.one.wouldAdmit(INDEX, threads.settings, 1000), true);
    threads.one.released(INDEX, PASS);
    assert.equal(threads.state, 'closed');
    assert.deepEqual([threads.table.successes(INDEX), threads.table.failures(INDEX)], [1, 100]);
  });

  it('lets through although the circuit was open when it was switched off', () => {
    const threads = new Threads();
    threads.trip(1000);
    assert.ok(threads.one.admit(INDEX, { ...CIRCUIT, enabled: false }, 1001) <= PASS);
  });
});

describe('a circuit forced open', () => {
  it('refuses on every thread until its time, and is half-open then', () => {
    const threads = new Threads();
    threads.one.forceOpen(INDEX, 61_000);
    for (const circuits of [threads.one, threads.two]) {
      assert.equal(threads.admit(60_999, circuits), REFUSED);
      assert.equal(circuits.wouldAdmit(INDEX, threads.settings, 60_999), false);
      assert.equal(circuits.isForcedOpen(INDEX, 60_999), true);
      assert.equal(circuits.isForcedOpen(INDEX, 61_000), false);
    }
    assert.notEqual(threads.admit(61_000), REFUSED);
    assert.equal(threads.state, 'half-open');
  });

  it('is ended by no request that ran before, whether it was let through or a trial', () => {
    for (const halfOpen of [false, true]) {
      const threads = new Threads();
      if (halfOpen) threads.trip(0);
      const passes = [threads.admit(11_000), threads.admit(11_000), threads.admit(11_000)];
      threads.one.forceOpen(INDEX, 61_000);
      threads.succeed(12_000, passes[0]);
      threads.fail(12_000, passes[1]);
      threads.one.released(INDEX, passes[2]!);
      assert.equal(threads.admit(60_999), REFUSED);
      assert.equal(threads.table.openUntil(INDEX), 61_000);
    }
  });

  it('keeps its time when a thread that was about to trip writes its own', () => {
    const threads = new Threads();
    threads.one.forceOpen(INDEX, 61_000);
    threads.table.setOpenUntil(INDEX, 2000);
    assert.equal(threads.admit(60_999), REFUSED);
  });

  it('has the operator’s time, not that of the trip before; the trip’s counts again afterwards', () => {
    const threads = new Threads();
    threads.trip(0);
    threads.one.forceOpen(INDEX, 1000);
    const trial = threads.admit(1000);
    assert.notEqual(trial, REFUSED);
    threads.fail(2000, trial);
    assert.equal(threads.table.openUntil(INDEX), 22_000);
    assert.equal(threads.admit(21_999), REFUSED);
  });

  it('may be given another time, later or earlier, and every change is seen by the pools', () => {
    const threads = new Threads();
    for (const untilMs of [61_000, 3000, 90_000]) {
      const version = threads.table.availabilityVersion;
      threads.one.forceOpen(INDEX, untilMs);
      assert.equal(threads.table.openUntil(INDEX), untilMs);
      assert.notEqual(threads.table.availabilityVersion, version);
    }
  });

  it('is closed by a reset', () => {
    const threads = new Threads();
    threads.one.forceOpen(INDEX, 61_000);
    threads.one.reset(INDEX, 2000);
    assert.ok(threads.admit(2000) <= PASS);
    assert.equal(threads.table.closedSince(INDEX), 2000);
  });

  it('forgets the row of failures: its end is a new beginning', () => {
    const threads = new Threads();
    for (let failure = 0; failure < 4; failure += 1) threads.fail(1000);
    threads.one.forceOpen(INDEX, 61_000);
    assert.equal(threads.table.consecutiveFailures(INDEX), 0);
  });

  it('refuses where circuits are off, too, and is closed when its time is over', () => {
    const threads = new Threads({ enabled: false });
    const running = threads.admit(0);
    threads.one.forceOpen(INDEX, 61_000);
    threads.succeed(1000, running);
    assert.equal(threads.admit(60_999), REFUSED);
    assert.equal(threads.one.wouldAdmit(INDEX, threads.settings, 60_999), false);
    assert.equal(threads.one.wouldAdmit(INDEX, threads.settings, 61_000), true);
    assert.ok(threads.admit(61_000) <= PASS);
    assert.equal(threads.state, 'closed');
  });
});
