import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthRequest, unhealthyReason } from '../../../../src/grpc/core/grpc-health.ts';

test('a request names a service, or none', () => {
  assert.deepEqual([...healthRequest('')], [0, 0, 0, 0, 0]);
  assert.deepEqual([...healthRequest('ab')], [0, 0, 0, 0, 4, 0x0a, 2, 0x61, 0x62]);
  const long = healthRequest('x'.repeat(255));
  assert.deepEqual([...long.subarray(0, 8)], [0, 0, 0, 1, 2, 0x0a, 0xff, 1]);
  assert.equal(long.length, 5 + 3 + 255);
});

test('only SERVING is healthy', () => {
  const reason = (...message: number[]) => unhealthyReason(Uint8Array.of(0, 0, 0, 0, message.length, ...message));
  assert.equal(reason(0x08, 1), null);
  assert.equal(reason(0x08, 2), 'NOT_SERVING');
  assert.equal(reason(0x08, 3), 'SERVICE_UNKNOWN');
  assert.equal(reason(), 'UNKNOWN');
  assert.equal(reason(0x08, 9), 'health status 9');
});

test('what is not an answer of the protocol is not healthy', () => {
  for (const bytes of [[], [0, 0, 0], [1, 0, 0, 0, 2, 8, 1], [0, 0, 0, 0, 1, 8], [0, 0, 0, 0, 2, 0x0a, 1]]) {
    assert.equal(unhealthyReason(Uint8Array.from(bytes)), 'no health status', bytes.join());
  }
});
