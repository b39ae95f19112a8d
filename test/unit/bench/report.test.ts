import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { median, middleHalf, table, withResults, type PeerResult } from '../../../bench/report.ts';

describe('the benchmark report', () => {
  test('the median is the middle, or the mean of the two in the middle', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([1, 9, 5, 3]), 4);
  });

  test('the middle half leaves out a quarter at each end', () => {
    assert.deepEqual(middleHalf([9, 1, 5, 3, 7]), [3, 7]);
    assert.deepEqual(middleHalf([4]), [4, 4]);
    assert.equal(middleHalf([]), undefined);
  });

  test('the table has ratios to Caddy and nginx', () => {
    const rows = table({ peers: [peer('nginx', 20), peer('Caddy', 50), peer('Sluice', 40)] }).split('\n');
    assert.match(rows[4]!, /Sluice 1\.0 +\| +40\.0 \| +39–41 \| +0\.80 × \| +2\.00 × \| +1,235 \|/);
  });

  test('a ratio to a peer that is not there is a dash', () => {
    assert.match(table({ peers: [peer('Sluice', 40)] }), /40\.0 \| +39–41 \| +– \| +– \|/);
  });

  test('a part goes between its marks, or to the end with marks', () => {
    const once = withResults('# Title\n', 'old');
    assert.equal(once, '# Title\n\n<!-- bench:start -->\n\nold\n\n<!-- bench:end -->\n');
    const both = withResults(`${once}after\n`, 'other', 'profile');
    assert.equal(
      withResults(both, 'new'),
      '# Title\n\n<!-- bench:start -->\n\nnew\n\n<!-- bench:end -->\nafter\n\n<!-- profile:start -->\n\nother\n\n<!-- profile:end -->\n',
    );
  });
});

function peer(name: string, cpuMicrosPerRequest: number): PeerResult {
  const median = { requestsPerSecond: 1234.6, cpuMicrosPerRequest, p50Ms: 1, p99Ms: 2, residentMiB: 3 };
  const rounds = [-2, -1, 0, 1, 2].map((by) => ({ ...median, cpuMicrosPerRequest: cpuMicrosPerRequest + by }));
  return { name, version: '1.0', rounds, median };
}
