import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withGaps } from '../../../dashboard/src/charts/gaps.ts';
import { moved, selected, zoomedIn, zoomedOut, type Extent } from '../../../dashboard/src/charts/zoom.ts';

const HOUR: Extent = [0, 3600];

test('each step shows half, around the same middle, down to ten seconds', () => {
  assert.deepEqual(zoomedIn(HOUR, HOUR), [900, 2700]);
  assert.deepEqual(zoomedIn([100, 112], HOUR), [101, 111]);
  assert.deepEqual(zoomedIn([101, 111], HOUR), [101, 111]);
});

test('back out, never beyond what there is; then all is shown', () => {
  assert.deepEqual(zoomedOut([0, 900], HOUR), [0, 1800]);
  assert.equal(zoomedOut([900, 2700], HOUR), null);
});

test('moved by a quarter, up to the ends', () => {
  assert.deepEqual(moved([1000, 1400], -1, HOUR), [900, 1300]);
  assert.deepEqual(moved([50, 450], -1, HOUR), [0, 400]);
  assert.deepEqual(moved([3300, 3600], 1, HOUR), [3300, 3600]);
});

test('what a pointer marks, in either direction; a click marks nothing', () => {
  assert.deepEqual(selected(500, 100, HOUR), [100, 500]);
  assert.deepEqual(selected(100, 102, HOUR), [96, 106]);
  assert.equal(selected(100, 100.5, HOUR), null);
});

test('a line ends where points are missing', () => {
  assert.deepEqual(
    withGaps(
      [
        [10, 20, 60, 70],
        [1, 2, 3, null],
      ],
      10,
    ),
    [
      [10, 20, 30, 60, 70],
      [1, 2, null, 3, null],
    ],
  );
  const whole = [
    [10, 20, 41],
    [1, 2, 3],
  ];
  assert.equal(withGaps(whole, 10), whole);
});
