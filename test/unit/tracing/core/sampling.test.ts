import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecorded, type TraceParent } from '../../../../src/tracing/core/sampling.ts';

const NONE: TraceParent = { from: 'none', isSampled: false };

test('a trace that begins here is recorded at the rate of sample', () => {
  for (const parent of ['follow', 'ignore'] as const) {
    assert.equal(isRecorded({ sample: 0.25, parent }, NONE, 0.249), true);
    assert.equal(isRecorded({ sample: 0.25, parent }, NONE, 0.25), false);
    assert.equal(isRecorded({ sample: 0, parent }, NONE, 0), false);
    assert.equal(isRecorded({ sample: 1, parent }, NONE, 0.999), true);
  }
});

test('a trusted caller decides, either way', () => {
  assert.equal(isRecorded({ sample: 0, parent: 'follow' }, { from: 'trusted', isSampled: true }, 0.9), true);
  assert.equal(isRecorded({ sample: 1, parent: 'follow' }, { from: 'trusted', isSampled: false }, 0), false);
});

test('a stranger that asks for recording gets the rate of sample at most, and may ask for none', () => {
  const asks: TraceParent = { from: 'foreign', isSampled: true };
  assert.equal(isRecorded({ sample: 0.1, parent: 'follow' }, asks, 0.09), true);
  assert.equal(isRecorded({ sample: 0.1, parent: 'follow' }, asks, 0.1), false);
  assert.equal(isRecorded({ sample: 1, parent: 'follow' }, { from: 'foreign', isSampled: false }, 0), false);
});

test('with ignore, sample alone decides, whatever the caller asks for', () => {
  for (const from of ['trusted', 'foreign'] as const) {
    for (const isSampled of [true, false]) {
      assert.equal(isRecorded({ sample: 0.5, parent: 'ignore' }, { from, isSampled }, 0.49), true);
      assert.equal(isRecorded({ sample: 0.5, parent: 'ignore' }, { from, isSampled }, 0.5), false);
    }
  }
});
