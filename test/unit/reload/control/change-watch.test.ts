import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HISTOGRAM_CELLS } from '../../../../src/core/histogram.ts';
import type { WatchReport } from '../../../../src/reload/configuration.ts';
import { ChangeWatch, LOOKS } from '../../../../src/reload/control/change-watch.ts';
import type { Comparison } from '../../../../src/reload/core/judge-change.ts';
import type { TrafficSlice } from '../../../../src/reload/core/traffic-slice.ts';
import { eventually } from '../../../support/eventually.ts';

function slice(requests: number, failed: number): TrafficSlice {
  const route = { requests, failed, durations: new Uint32Array(HISTOGRAM_CELLS) };
  return { durationMs: 5000, routes: new Map([['a', route]]), unrouted: 0 };
}

function world(looksItself = false) {
  const listeners = new Set<(slice: TrafficSlice) => void>();
  const worse: Comparison[] = [];
  const ended: WatchReport[] = [];
  const coming: TrafficSlice[] = [];
  const push = (next: TrafficSlice): void => listeners.forEach((listener) => listener(next));
  const watch = new ChangeWatch({
    samples: {
      take: () => push(coming.shift() ?? slice(0, 0)),
      onSlice: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    routes: () => ['a'],
    wallMs: () => 7,
    onWorse: (found) => void worse.push(found),
    onEnd: (report) => void ended.push(report),
    ...(looksItself ? {} : { repeat: () => async () => undefined }),
  });
  const start = (): void =>
    watch.start({ version: 2, previous: 1, previousText: 'one', seconds: 60, before: [slice(1000, 5)] });
  const look = (next: TrafficSlice): void => {
    coming.push(next);
    watch.look();
  };
  return { watch, start, look, push, worse, ended, listeners };
}

describe('a watch', () => {
  it('ends after its looks if nothing became worse', () => {
    const { watch, start, look, ended, worse, listeners } = world();
    assert.equal(watch.report(), null);
    start();
    for (let at = 1; at < LOOKS; at += 1) look(slice(50, 1));
    assert.deepEqual([watch.isRunning, watch.report()!.look, watch.report()!.endedAt], [true, 11, null]);
    look(slice(50, 0));
    const { state, reason, endedAt, comparisons } = watch.report()!;
    assert.deepEqual([state, reason, endedAt], ['kept', 'nothing became worse', 7]);
    assert.equal(comparisons[0]!.after.requests, 600);
    assert.deepEqual([ended.length, worse.length, listeners.size], [1, 0, 0]);
    look(slice(50, 50));
    assert.equal(watch.report()!.look, LOOKS, 'it looks no more');
  });

  it('says so if there was nothing to judge', () => {
    const { watch, start, look } = world();
    start();
    for (let at = 1; at <= LOOKS; at += 1) look(slice(4, 4));
    assert.equal(watch.report()!.reason, 'there were too few requests to judge it');
  });

  it('decides once, at the second look in a row, and stays until it is ended', () => {
    const { watch, start, look, worse, ended } = world();
    start();
    look(slice(100, 50));
    assert.equal(worse.length, 0);
    look(slice(100, 50));
    assert.deepEqual([worse.length, worse[0]!.route, worse[0]!.measure], [1, 'a', 'errors']);
    look(slice(100, 50));
    assert.deepEqual([worse.length, watch.isRunning, watch.report()!.look], [1, true, 2]);
    watch.end('reverted', 'because');
    watch.end('ended', 'too late');
    assert.deepEqual([ended.length, watch.report()!.state, watch.report()!.reason], [1, 'reverted', 'because']);
  });

  it('counts slices that others took between its looks', () => {
    const { watch, start, look, push } = world();
    start();
    push(slice(30, 0));
    look(slice(30, 0));
    assert.equal(watch.report()!.comparisons.find(({ route }) => route === 'a')!.after.requests, 60);
  });

  it('looks by itself, and not after it is closed', async () => {
    const { watch, ended } = world(true);
    watch.start({ version: 2, previous: 1, previousText: '', seconds: 0.012, before: [] });
    await eventually('it has ended', () => ended.length === 1);
    assert.equal(ended[0]!.look, LOOKS);
    watch.close();
  });
});
