import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bucketOf, HISTOGRAM_CELLS } from '../../../src/core/histogram.ts';
import { BackendRow } from '../../../src/backends/backend-row.ts';
import { MAX_BACKENDS } from '../../../src/runtime/table-sizes.ts';
import { allocateBackendTable, BackendTable } from '../../../src/backends/backend-table.ts';

const WINDOW_MS = 10_000;

/** A table with a row for each of two threads, each over an instance of its own, as in two threads. */
function newTable() {
  const buffers = allocateBackendTable(2);
  const table = new BackendTable(buffers);
  const rows = [0, 1].map((thread) => new BackendRow(new BackendTable(buffers), thread)) as [BackendRow, BackendRow];
  return { table, rows };
}

function windowOf(table: BackendTable, index: number, nowMs: number) {
  const sum = { successes: 99, failures: 99 };
  table.window(index, nowMs, WINDOW_MS, sum);
  return sum;
}

describe('what the control thread reports about a backend', () => {
  it('is new: enabled or not, not draining, of unknown health, with its weight', () => {
    const { table } = newTable();
    table.occupy(3, 5, true);
    assert.equal(table.isEnabled(3), true);
    assert.equal(table.isDraining(3), false);
    assert.equal(table.health(3), 'unknown');
    assert.equal(table.weight(3), 5);
    table.occupy(3, 1, false);
    assert.equal(table.isEnabled(3), false);
  });

  it('changes one flag and leaves the others', () => {
    const { table } = newTable();
    table.occupy(0, 1, true);
    table.setHealth(0, 'up');
    table.setDraining(0, true);
    table.setEnabled(0, false);
    assert.deepEqual([table.isEnabled(0), table.isDraining(0), table.health(0)], [false, true, 'up']);
    table.setHealth(0, 'down');
    table.setEnabled(0, true);
    assert.deepEqual([table.isEnabled(0), table.isDraining(0), table.health(0)], [true, true, 'down']);
    table.setHealth(0, 'unknown');
    table.setDraining(0, false);
    assert.deepEqual([table.isEnabled(0), table.isDraining(0), table.health(0)], [true, false, 'unknown']);
  });

  it('does not touch the neighbours, the last slot among them', () => {
    const { table, rows } = newTable();
    table.occupy(MAX_BACKENDS - 1, 7, true);
    table.setHealth(MAX_BACKENDS - 1, 'up');
    rows[1].started(MAX_BACKENDS - 1);
    rows[1].answered(MAX_BACKENDS - 1, 5, 1);
    table.occupy(MAX_BACKENDS - 2, 1, true);
    assert.equal(table.weight(MAX_BACKENDS - 1), 7);
    assert.equal(table.health(MAX_BACKENDS - 1), 'up');
    assert.equal(table.inFlight(MAX_BACKENDS - 1), 1);
    assert.equal(table.emaMs(MAX_BACKENDS - 1), 5);
    assert.equal(table.inFlight(0), 0);
  });

  it('is shown by the availability version, unless nothing changes', () => {
    const { table } = newTable();
    table.occupy(0, 1, true);
    const changes = [
      () => table.occupy(1, 1, true),
      () => table.setEnabled(0, false),
      () => table.setDraining(0, true),
      () => table.setHealth(0, 'up'),
      () => table.setHealth(0, 'down'),
      () => table.setWeight(0, 2),
      () => table.setEjectedUntil(0, 1000),
      () => table.setEjectedUntil(0, 0),
      () => table.bumpAvailability(),
    ];
    for (const change of changes) {
      const before = table.availabilityVersion;
      change();
      assert.notEqual(table.availabilityVersion, before, String(change));
    }
    const before = table.availabilityVersion;
    table.setEnabled(0, false);
    table.setDraining(0, true);
    table.setHealth(0, 'down');
    assert.equal(table.availabilityVersion, before);
  });

  it('of an ejection ends the row of gateway errors', () => {
    const { table } = newTable();
    assert.equal(table.addPassiveError(0), 1);
    assert.equal(table.addPassiveError(0), 2);
    table.setEjectedUntil(0, 500);
    assert.equal(table.ejectedUntil(0), 500);
    assert.equal(table.addPassiveError(0), 1);
  });
});

describe('counts of threads', () => {
  it('is added up: running requests, successes, failures', () => {
    const { table, rows } = newTable();
    rows[0].started(2);
    rows[0].started(2);
    rows[1].started(2);
    rows[1].ended(2);
    rows[0].counted(2, false, 1000, WINDOW_MS);
    rows[1].counted(2, false, 1000, WINDOW_MS);
    rows[1].counted(2, true, 1000, WINDOW_MS);
    assert.equal(table.inFlight(2), 2);
    assert.equal(table.successes(2), 2);
    assert.equal(table.failures(2), 1);
    assert.deepEqual(windowOf(table, 2, 1000), { successes: 2, failures: 1 });
  });

  it('leaves the window after its length, and not the totals', () => {
    const { table, rows } = newTable();
    rows[0].counted(0, true, 1000, WINDOW_MS);
    rows[1].counted(0, true, 5000, WINDOW_MS);
    assert.deepEqual(windowOf(table, 0, 10_999), { successes: 0, failures: 2 });
    assert.deepEqual(windowOf(table, 0, 11_000), { successes: 0, failures: 1 });
    assert.deepEqual(windowOf(table, 0, 15_000), { successes: 0, failures: 0 });
    assert.equal(table.failures(0), 2);
  });

  it('never runs less than nothing: a slot handed on meanwhile begins at 0', () => {
    const { table, rows } = newTable();
    rows[0].started(0);
    table.occupy(0, 1, true);
    rows[0].ended(0);
    assert.equal(table.inFlight(0), 0);
    rows[0].started(0);
    assert.equal(table.inFlight(0), 1);
  });

  it('of latency is the mean of the threads that have a sample', () => {
    const { table, rows } = newTable();
    table.occupy(0, 1, true);
    assert.ok(Number.isNaN(table.latencyMs(0, 1000)));
    assert.ok(Number.isNaN(table.emaMs(0)));
    rows[0].answered(0, 10, 1000);
    assert.equal(table.latencyMs(0, 1000), 10);
    assert.equal(table.emaMs(0), 10);
    rows[1].answered(0, 30, 1000);
    assert.equal(table.latencyMs(0, 1000), 20);
    assert.equal(table.emaMs(0), 20);
  });

  it('of latency weighs by time for balancing, and a fifth each for reporting', () => {
    const { table, rows } = newTable();
    table.occupy(0, 1, true);
    rows[0].answered(0, 10, 1000);
    rows[0].answered(0, 20, 1000);
    assert.equal(table.latencyMs(0, 1000), 10);
    assert.equal(table.emaMs(0), 12);
    rows[0].answered(0, 20, 2000);
    assert.ok(Math.abs(table.latencyMs(0, 2000) - (20 - 10 * Math.exp(-0.1))) < 1e-9);
  });

  it('of latency is unknown after two seconds without an answer, unless requests run there', () => {
    const { table, rows } = newTable();
    table.occupy(0, 1, true);
    rows[0].answered(0, 900, 1000);
    assert.equal(table.latencyMs(0, 3000), 900);
    assert.ok(Number.isNaN(table.latencyMs(0, 3001)));
    rows[1].started(0);
    assert.equal(table.latencyMs(0, 3001), 900);
    rows[1].ended(0);
    // Another thread knows better by now.
    rows[1].answered(0, 5, 3001);
    assert.equal(table.latencyMs(0, 3001), 5);
  });

  it('of latency starts over with the first answer after it was unknown', () => {
    const { table, rows } = newTable();
    table.occupy(0, 1, true);
    rows[0].answered(0, 900, 1000);
    rows[0].answered(0, 5, 3001);
    assert.equal(table.latencyMs(0, 3001), 5);
  });

  it('of latency learns nothing from an answer of 400 or above, which is counted all the same', () => {
    const { table, rows } = newTable();
    table.occupy(0, 1, true);
    rows[0].answered(0, 10, 1000);
    for (const status of [400, 404, 429, 500, 503]) for (const ms of [0.1, 5000]) rows[1].answered(0, ms, 1000, status);
    assert.deepEqual([table.latencyMs(0, 1000), table.emaMs(0)], [10, 10]);
    assert.deepEqual(table.judged(0), { good: 1, goodMs: 10, bad: 0 });
    assert.equal(
      table.responses(0).statuses.reduce((sum, count) => sum + count),
      11,
    );
  });

  it('of latency is unknown after five answers in a row that say nothing of it, though requests run there', () => {
    const { table, rows } = newTable();
    table.occupy(0, 1, true);
    rows[0].started(0);
    rows[0].answered(0, 10, 1000);
    for (let count = 0; count < 4; count += 1) rows[0].answered(0, 0.1, 1000, 404);
    assert.equal(table.latencyMs(0, 1000), 10);
    rows[0].answered(0, 0.1, 1000, 404);
    assert.ok(Number.isNaN(table.latencyMs(0, 1000)));
    rows[0].answered(0, 40, 1000, 302);
    assert.equal(table.latencyMs(0, 1000), 40);
  });

  it('of bad attempts is a share of the last ones, and is not believed for longer than a latency', () => {
    const { table, rows } = newTable();
    table.occupy(0, 1, true);
    assert.equal(table.failing(0, 1000), 0);
    rows[0].judged(0, true, 1000);
    assert.equal(table.failing(0, 1000), 1);
    rows[1].judged(0, false, 1000);
    assert.equal(table.failing(0, 1000), 0.5);
    rows[0].judged(0, false, 1000);
    assert.equal(table.failing(0, 1000), 0.4);
    rows[1].started(0);
    assert.equal(table.failing(0, 3001), 0.4);
    rows[1].ended(0);
    assert.equal(table.failing(0, 3001), 0);
    for (let count = 0; count < 30; count += 1) rows[0].judged(0, false, 3001);
    assert.equal(table.failing(0, 3001), 0, 'forgotten for good, not only nearly');
    assert.equal(table.judged(0).bad, 1);
  });

  it('of load are the running requests, and those that ended too soon until their time is over', () => {
    const { table, rows } = newTable();
    table.occupy(0, 1, true);
    rows[0].started(0);
    rows[1].lingers(0, 50, 1000);
    assert.deepEqual(
      [900, 1000, 1049, 1051].map((nowMs) => table.load(0, nowMs)),
      [2, 2, 2, 1],
    );
    for (let count = 0; count < 10; count += 1) rows[0].lingers(0, 50, 2000);
    assert.equal(table.load(0, 2000), 11);
    assert.equal(table.load(0, 3000), 1);
    assert.equal(table.inFlight(0), 1, 'no limit counts them');
  });

  it('of latency is in the thread’s histogram, in microseconds', () => {
    const { table, rows } = newTable();
    rows[1].answered(2, 4, 1000);
    assert.equal(table.histograms[table.histogramOf(1, 2) + bucketOf(4000)], 1);
    assert.equal(table.histograms[table.histogramOf(0, 2) + bucketOf(4000)], 0);
  });
});

describe('responses', () => {
  it('are counted by class over all threads, with the sum of their times', () => {
    const { table, rows } = newTable();
    table.occupy(2, 1, true);
    rows[0].answered(2, 4, 1000, 204);
    rows[1].answered(2, 6.5, 1000, 200);
    rows[1].answered(2, 1, 1000, 503);
    rows[1].answered(2, 1, 1000, 101);
    rows[1].answered(3, 1, 1000, 404);
    assert.deepEqual(table.responses(2), { statuses: [1, 2, 0, 0, 1], sumMs: 12.5 });
    const cells = new Float64Array(HISTOGRAM_CELLS);
    table.addHistogram(2, cells);
    assert.equal(
      cells.reduce((sum, count) => sum + count),
      4,
    );
  });

  it('of an earlier backend in the slot are forgotten', () => {
    const { table, rows } = newTable();
    rows[0].answered(2, 4, 1000, 500);
    table.occupy(2, 1, true);
    assert.deepEqual(table.responses(2), { statuses: [0, 0, 0, 0, 0], sumMs: 0 });
  });
});

describe('failures in a row', () => {
  it('are counted over all threads, and ended by one of them', () => {
    const buffers = allocateBackendTable(2);
    const [one, two] = [new BackendTable(buffers), new BackendTable(buffers)];
    assert.equal(one.addConsecutiveFailure(0), 1);
    assert.equal(two.addConsecutiveFailure(0), 2);
    assert.equal(two.addPassiveError(0), 1);
    assert.equal(one.consecutiveFailures(0), 2);
    one.endFailureRow(0);
    assert.equal(two.consecutiveFailures(0), 0);
    assert.equal(two.addPassiveError(0), 1);
    assert.equal(one.addConsecutiveFailure(1), 1);
  });
});

describe('a thread that died', () => {
  it("runs nothing any more; its counts and others' requests stay", () => {
    const { table, rows } = newTable();
    for (const row of rows) {
      row.started(4);
      row.counted(4, false, 1000, WINDOW_MS);
    }
    assert.deepEqual(table.releaseThread(0), []);
    assert.equal(table.inFlight(4), 1);
    assert.equal(table.successes(4), 2);
    assert.deepEqual(windowOf(table, 4, 1000), { successes: 2, failures: 0 });
  });
});

describe('a slot that is reassigned', () => {
  it('has nothing of the backend before', () => {
    const { table, rows } = newTable();
    table.occupy(1, 9, true);
    table.setHealth(1, 'down');
    table.setDraining(1, true);
    table.setEjectedUntil(1, 5);
    table.setOpenUntil(1, 6);
    table.setClosedSince(1, 7);
    table.setLastFailure(1, 8);
    table.addConsecutiveFailure(1);
    table.addPassiveError(1);
    assert.equal(table.swapCircuitWord(1, 0, 5), true);
    for (const row of rows) {
      row.started(1);
      row.trialTaken(1, 0);
      row.counted(1, true, 1000, WINDOW_MS);
      row.answered(1, 5, 1000);
      row.judged(1, true, 1000);
      row.lingers(1, 1e6, 1000);
    }
    table.occupy(1, 1, true);
    assert.deepEqual([table.load(1, 1000), table.failing(1, 1000)], [0, 0]);
    assert.deepEqual(table.judged(1), { good: 0, goodMs: 0, bad: 0 });
    assert.deepEqual(
      [table.weight(1), table.ejectedUntil(1), table.openUntil(1), table.closedSince(1), table.lastFailure(1)],
      [1, 0, 0, 0, 0],
    );
    assert.deepEqual([table.health(1), table.isDraining(1)], ['unknown', false]);
    assert.deepEqual([table.circuitWord(1), table.consecutiveFailures(1), table.addPassiveError(1)], [0, 0, 1]);
    assert.deepEqual([table.inFlight(1), table.successes(1), table.failures(1)], [0, 0, 0]);
    assert.deepEqual([table.latencyMs(1, 1000), table.emaMs(1)], [NaN, NaN]);
    assert.deepEqual(windowOf(table, 1, 1000), { successes: 0, failures: 0 });
    assert.equal(table.histograms[table.histogramOf(0, 1) + bucketOf(5000)], 0);
    assert.deepEqual(table.releaseThread(0), []);
  });
});

describe('the circuit word', () => {
  it('changes only from what was expected', () => {
    const { table } = newTable();
    assert.equal(table.swapCircuitWord(0, 1, 2), false);
    assert.equal(table.circuitWord(0), 0);
    assert.equal(table.swapCircuitWord(0, 0, 2), true);
    assert.equal(table.circuitWord(0), 2);
    assert.equal(table.circuitWord(1), 0);
  });
});

describe('a row that is reset', () => {
  it('forgets what it counted and measured; what runs, the other rows and the neighbours stay', () => {
    const { table, rows } = newTable();
    for (const index of [4, 5]) {
      table.occupy(index, 1, true);
      for (const row of rows) {
        row.started(index);
        row.answered(index, 5, 1000);
        row.counted(index, true, 1000, WINDOW_MS);
        row.counted(index, false, 1000, WINDOW_MS);
        row.trialTaken(index, 7);
        row.judged(index, true, 1000);
      }
    }
    rows[0].reset(4);
    assert.deepEqual([table.successes(4), table.failures(4), table.inFlight(4)], [1, 1, 2]);
    assert.deepEqual(windowOf(table, 4, 1000), { successes: 1, failures: 1 });
    rows[1].reset(4);
    assert.deepEqual([table.successes(4), table.failures(4), table.inFlight(4)], [0, 0, 2]);
    assert.deepEqual(windowOf(table, 4, 1000), { successes: 0, failures: 0 });
    assert.deepEqual([table.latencyMs(4, 1000), table.emaMs(4)], [NaN, NaN]);
    assert.deepEqual(table.responses(4), { statuses: [0, 0, 0, 0, 0], sumMs: 0 });
    assert.deepEqual([table.judged(4).bad, table.failing(4, 1000)], [0, 0]);
    assert.equal(table.responses(5).sumMs, 10);
    for (const thread of [0, 1]) {
      assert.equal(table.histograms[table.histogramOf(thread, 4) + bucketOf(5000)], 0);
      assert.equal(table.histograms[table.histogramOf(thread, 5) + bucketOf(5000)], 1);
    }
    assert.deepEqual([table.successes(5), table.failures(5), table.emaMs(5)], [2, 2, 5]);
    rows[0].answered(4, 9, 1001);
    assert.equal(table.emaMs(4), 9, 'the first sample after it stands alone');
  });
});

describe('the slots of a backend', () => {
  it('are as many as the limit says, on whichever thread', () => {
    const { table, rows } = newTable();
    table.occupy(0, 1, true);
    assert.deepEqual(
      [0, 1, 0, 1].map((thread) => rows[thread]!.takeSlot(0, 3)),
      [true, true, true, false],
    );
    assert.ok(table.isFull(0, 3) && !table.isFull(0, 4));
    rows[1].returnSlot(0);
    assert.ok(!table.isFull(0, 3));
    assert.equal(rows[0].takeSlot(0, 3), true);
  });

  it('of a thread that is gone are free', () => {
    const { table, rows } = newTable();
    table.occupy(0, 1, true);
    for (const thread of [0, 0, 1]) rows[thread]!.takeSlot(0, 3);
    table.releaseThread(0);
    assert.ok(table.isFull(0, 1) && !table.isFull(0, 2));
    table.releaseThread(0);
    rows[1].returnSlot(0);
    assert.ok(!table.isFull(0, 1));
  });

  it('are never fewer taken than none', () => {
    const { table, rows } = newTable();
    table.occupy(0, 1, true);
    rows[0].takeSlot(0, 3);
    // Another backend got the slot.
    table.occupy(0, 1, true);
    rows[0].returnSlot(0);
    assert.deepEqual([rows[0].takeSlot(0, 1), rows[1].takeSlot(0, 1)], [true, false]);
  });
});
