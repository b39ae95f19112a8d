import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bucketOf, HISTOGRAM_CELLS } from '../../../src/core/histogram.ts';
import { MAX_ROUTES } from '../../../src/runtime/table-sizes.ts';
import {
  allocateMetrics,
  DURATION_OF,
  type DurationOf,
  GONE_ROUTES,
  MetricsTable,
  NO_ROUTE,
  THREAD_COUNTER,
} from '../../../src/runtime/metrics-table.ts';

const newTable = (threads = 2): MetricsTable => new MetricsTable(allocateMetrics(threads));

const { forwarded: FORWARDED, own: OWN } = DURATION_OF;

function histogram(table: MetricsTable, route: number, of: DurationOf = FORWARDED): Map<number, number> {
  const cells = new Float64Array(HISTOGRAM_CELLS);
  table.addHistogram(route, of, cells);
  return new Map([...cells.entries()].filter(([, count]) => count > 0));
}

describe('counters', () => {
  it('of all threads are added up', () => {
    const table = newTable();
    table.count(0, THREAD_COUNTER.allowed);
    table.count(0, THREAD_COUNTER.allowed);
    table.count(1, THREAD_COUNTER.allowed);
    table.count(1, THREAD_COUNTER.refused);
    assert.equal(table.total(THREAD_COUNTER.allowed), 3);
    assert.equal(table.total(THREAD_COUNTER.refused), 1);
    assert.equal(table.total(THREAD_COUNTER.retries), 0);
  });

  it('of one thread do not touch those of the next', () => {
    const table = newTable();
    for (const counter of Object.values(THREAD_COUNTER)) table.count(0, counter);
    for (const counter of Object.values(THREAD_COUNTER)) assert.equal(table.level(1, counter), 0);
    assert.equal(table.route(0).requests, 0);
  });

  it('are seen through another table on the same buffers', () => {
    const buffers = allocateMetrics(2);
    new MetricsTable(buffers).count(1, THREAD_COUNTER.overflow);
    assert.equal(new MetricsTable(buffers).total(THREAD_COUNTER.overflow), 1);
  });

  it('that are levels are set, and each thread has its own', () => {
    const table = newTable();
    table.setLevel(0, THREAD_COUNTER.connections, 7);
    table.setLevel(0, THREAD_COUNTER.connections, 5);
    table.setLevel(1, THREAD_COUNTER.connections, 1);
    assert.equal(table.level(0, THREAD_COUNTER.connections), 5);
    assert.equal(table.total(THREAD_COUNTER.connections), 6);
  });
});

describe('a route', () => {
  it('counts requests and those that run, over all threads', () => {
    const table = newTable();
    table.started(0, 3);
    table.started(0, 3);
    table.started(1, 3);
    assert.deepEqual(table.route(3), { requests: 3, ownAnswers: 0, inFlight: 3, statuses: [0, 0, 0, 0, 0, 0] });
    table.ended(0, 3, 200, 1, FORWARDED);
    table.ended(1, 3, 200, 1, FORWARDED);
    assert.deepEqual(table.route(3), { requests: 3, ownAnswers: 0, inFlight: 1, statuses: [0, 2, 0, 0, 0, 0] });
  });

  for (const [status, at] of [
    [100, 0],
    [199, 0],
    [200, 1],
    [299, 1],
    [304, 2],
    [404, 3],
    [499, 3],
    [500, 4],
    [599, 4],
    [999, 4],
    [0, 5],
  ] as const) {
    it(`counts ${status} as ${status === 0 ? 'a client that left' : `${at + 1}xx`}`, () => {
      const table = newTable();
      table.started(0, 0);
      table.ended(0, 0, status, 1, FORWARDED);
      const expected = [0, 0, 0, 0, 0, 0];
      expected[at] = 1;
      assert.deepEqual(table.route(0), { requests: 1, ownAnswers: 0, inFlight: 0, statuses: expected });
    });
  }

  it('adds the durations of all threads up, in microseconds', () => {
    const table = newTable();
    table.ended(0, 1, 200, 2, FORWARDED);
    table.ended(1, 1, 200, 2, FORWARDED);
    table.ended(1, 1, 500, 80, FORWARDED);
    assert.deepEqual(
      histogram(table, 1),
      new Map([
        [bucketOf(2000), 2],
        [bucketOf(80_000), 1],
      ]),
    );
    assert.equal(histogram(table, 0).size, 0);
  });

  it('keeps answers of its own apart from those of requests that were sent to a backend', () => {
    const table = newTable();
    table.ended(0, 1, 200, 80, FORWARDED);
    table.ended(0, 1, 429, 0.05, OWN);
    table.ended(1, 1, 503, 0.5, OWN);
    assert.deepEqual(histogram(table, 1), new Map([[bucketOf(80_000), 1]]));
    assert.equal(histogram(table, 1, OWN).size, 2);
    assert.deepEqual([table.durationMs(1, FORWARDED), table.durationMs(1, OWN)], [80, 0.05 + 0.5]);
    assert.equal(table.route(1).ownAnswers, 2);
    assert.equal(histogram(table, 2, OWN).size, 0);
    table.fold(1);
    assert.equal(histogram(table, 1, OWN).size, 0);
    assert.equal(histogram(table, GONE_ROUTES, OWN).size, 2);
    assert.equal(table.route(GONE_ROUTES).ownAnswers, 2);
  });

  it('counts no duration for a client that left', () => {
    const table = newTable();
    table.ended(0, 1, 0, 30_000, FORWARDED);
    assert.equal(histogram(table, 1).size, 0);
  });

  it('never runs less than nothing', () => {
    const table = newTable();
    table.ended(0, 1, 200, 1, FORWARDED);
    assert.equal(table.route(1).inFlight, 0);
  });

  it('of the last slot and none at all have rows of their own', () => {
    const table = newTable();
    table.started(1, MAX_ROUTES - 1);
    table.started(1, NO_ROUTE);
    table.ended(1, NO_ROUTE, 404, 1, FORWARDED);
    assert.equal(table.route(MAX_ROUTES - 1).inFlight, 1);
    assert.deepEqual(table.route(NO_ROUTE), { requests: 1, ownAnswers: 0, inFlight: 0, statuses: [0, 0, 0, 1, 0, 0] });
    assert.equal(histogram(table, NO_ROUTE).size, 1);
    assert.equal(table.total(THREAD_COUNTER.allowed), 0);
  });

  it('that enters a slot finds nothing of an earlier one, and leaves its neighbours alone', () => {
    const table = newTable();
    for (const route of [4, 5, 6]) {
      for (const thread of [0, 1]) {
        table.started(thread, route);
        table.ended(thread, route, 200, 5, FORWARDED);
      }
    }
    table.occupy(5);
    assert.deepEqual(table.route(5), { requests: 0, ownAnswers: 0, inFlight: 0, statuses: [0, 0, 0, 0, 0, 0] });
    assert.equal(histogram(table, 5).size, 0);
    for (const route of [4, 6]) {
      assert.equal(table.route(route).requests, 2);
      assert.equal(histogram(table, route).size, 1);
    }
  });
});

describe('a thread that died', () => {
  it('runs nothing and has no connections any more; its counts stay', () => {
    const table = newTable();
    for (const thread of [0, 1]) {
      table.started(thread, 2);
      table.started(thread, NO_ROUTE);
      table.setLevel(thread, THREAD_COUNTER.connections, 3);
      table.count(thread, THREAD_COUNTER.allowed);
    }
    table.releaseThread(0);
    assert.equal(table.route(2).inFlight, 1);
    assert.equal(table.route(NO_ROUTE).inFlight, 1);
    assert.equal(table.total(THREAD_COUNTER.connections), 3);
    assert.equal(table.route(2).requests, 2);
    assert.equal(table.total(THREAD_COUNTER.allowed), 2);
  });
});

describe('the sum of durations', () => {
  it('is exact, over all threads, and leaves out requests that were aborted', () => {
    const table = newTable();
    for (const [thread, status, durationMs] of [
      [0, 200, 1.5],
      [1, 503, 2.25],
      [1, 0, 1000],
    ] as const) {
      table.started(thread, 3);
      table.ended(thread, 3, status, durationMs, FORWARDED);
    }
    assert.equal(table.durationMs(3, FORWARDED), 3.75);
    assert.equal(table.durationMs(4, FORWARDED), 0);
  });

  it('goes with the route when its row is folded, and is 0 for the next', () => {
    const table = newTable();
    table.started(0, 3);
    table.ended(0, 3, 200, 7, FORWARDED);
    table.fold(3);
    assert.equal(table.durationMs(3, FORWARDED), 0);
    assert.equal(table.durationMs(GONE_ROUTES, FORWARDED), 7);
  });
});
