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

test('an id of zeros only is none: the next words are taken', () => {
  let words = 0;
  const ids = new IdSource(() => {
    words += 1;
    return words === 4 ? 0xff : 0;
  });
  assert.match(ids.spanId(), /^0+ff0+$/);
  assert.equal(words, 64);
});

test('two sources, as of two threads, make other ids', () => {
  assert.notEqual(new IdSource().traceId(), new IdSource().traceId());
});
