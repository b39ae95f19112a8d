import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdSource } from '../../../../src/tracing/traffic/id-source.ts';

test('ids have the length that a trace context wants, and none comes twice', () => {
  const ids = new IdSource();
  const seen = new Set<string>();
  for (let turn = 0; turn < 5000; turn += 1) {
    const [trace, span] = [ids.traceId(), ids.spanId()];
    assert.match(trace, /^[0-9a-f]{32}$/);
    assert.match(span, /^[0-9a-f]{16}$/);
    seen.add(trace).add(span);
  }
  assert.equal(seen.size, 10_000);
});

test('an id of zeros only is none: the next bytes are taken', () => {
  let fills = 0;
  const ids = new IdSource((bytes) => {
    fills += 1;
    bytes.fill(0);
    bytes[15] = 1;
  });
  assert.equal(ids.spanId(), '0000000000000001');
  assert.equal(fills, 1);
});
