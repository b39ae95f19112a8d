import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnBeat, type RequestTotals } from '../../../../src/fleet/control/own-beat.ts';

function start(): { own: OwnBeat; pass: (ms: number) => void; count: (totals: RequestTotals) => void } {
  let nowMs = 5000;
  let totals: RequestTotals = { requests: 0, refused: 0 };
  const own = new OwnBeat({
    id: 'a',
    name: 'gw-a',
    version: '1.0.0',
    threads: 3,
    limitMode: 'local',
    configDigest: () => 'abc',
    nowMs: () => nowMs,
  });
  return { own, pass: (ms) => (nowMs += ms), count: (now) => own.countBy(() => (totals = now) && totals) };
}

test('a beat says who, since when, and nothing that is not known yet', () => {
  const { own, pass } = start();
  pass(1500);
  assert.deepEqual(own.now(), {
    id: 'a',
    name: 'gw-a',
    version: '1.0.0',
    configDigest: 'abc',
    adminUrl: null,
    uptimeSeconds: 1.5,
    figures: { requestsPerSecond: 0, refusedPerSecond: 0, threads: 3, limitMode: 'local', limitModeSeconds: null },
  });
  own.listensAt(() => 'http://gw-a:9000');
  assert.equal(own.now().adminUrl, 'http://gw-a:9000');
  own.limitsBy(() => ({ limitMode: 'lost', limitModeSeconds: 12 }));
  assert.deepEqual([own.now().figures.limitMode, own.now().figures.limitModeSeconds], ['lost', 12]);
});

test('rates are those since the beat before', () => {
  const { own, pass, count } = start();
  const rates = (): number[] => {
    own.measure();
    const { requestsPerSecond, refusedPerSecond } = own.now().figures;
    return [requestsPerSecond, refusedPerSecond];
  };
  count({ requests: 50, refused: 5 });
  pass(5000);
  assert.deepEqual(rates(), [10, 1]);
  pass(5000);
  assert.deepEqual(rates(), [0, 0]);
  count({ requests: 60, refused: 5 });
  assert.deepEqual(rates(), [0, 0], 'no time has passed');
  pass(3000);
  assert.deepEqual(rates(), [3.333, 0]);
  count({ requests: 0, refused: 0 });
  pass(1000);
  assert.deepEqual(rates(), [0, 0], 'counters that begin again');
});
