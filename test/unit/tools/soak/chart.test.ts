import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chart } from '../../../../tools/soak/chart.ts';

describe('the chart of a soak', () => {
  test('the least value is an eighth high, the greatest fills the height', () => {
    assert.equal(chart('memory', [100, 150, 200], 2), ['memory', '200  ▁█', '100 ▁██'].join('\n'));
  });

  test('a flat series is a flat line', () => {
    assert.equal(chart('files', [5, 5], 2), ['files', '5.0', '5.0 ▁▁'].join('\n'));
  });

  test('more values than columns become means', () => {
    const [, line] = chart('heap', [1, 3, 2, 2, 9, 9, 4], 1, 4).split('\n');
    assert.equal(line, '9.0 ▁▁█▃');
  });
});
