import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseAutocannon, parseWrk } from '../../../bench/load.ts';
import { parseCores } from '../../../bench/machine.ts';

const wrk = `Running 1s test @ http://127.0.0.1:1/
  1 threads and 64 connections
  Latency Distribution
     50%    4.02ms
     75%    6.00ms
     99%  850.00us
  13161 requests in 1.00s, 3.2MB read
Requests/sec:  13155.12
`;

describe('the load generators', () => {
  test("wrk's figures are read with their units", () => {
    assert.deepEqual(parseWrk(wrk), {
      requests: 13_161,
      requestsPerSecond: 13_155.12,
      p50Ms: 4.02,
      p99Ms: 0.85,
      errors: 0,
    });
  });

  test("wrk's bad answers and broken connections are errors", () => {
    const bad = `${wrk}  Socket errors: connect 1, read 2, write 0, timeout 4\n  Non-2xx or 3xx responses: 10\n`;
    assert.equal(parseWrk(bad).errors, 17);
  });

  test('a wrk that failed says so', () => {
    assert.throws(() => parseWrk('unable to connect'), /wrk failed:\nunable to connect/);
  });

  test("autocannon's figures are read", () => {
    const json = { requests: { total: 300 }, latency: { p50: 1, p99: 9 }, errors: 1, non2xx: 2, duration: 2 };
    assert.deepEqual(parseAutocannon(`noise\n${JSON.stringify(json)}\n`), {
      requests: 300,
      requestsPerSecond: 150,
      p50Ms: 1,
      p99Ms: 9,
      errors: 3,
    });
  });

  test('lists of cores are read as the kernel writes them', () => {
    assert.deepEqual(parseCores('0-2,5'), [0, 1, 2, 5]);
    assert.deepEqual(parseCores('3'), [3]);
  });
});
