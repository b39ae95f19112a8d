import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamError } from '../../../../src/http2/client/stream-error.ts';

const LOST = { lastStreamId: Infinity, isLost: true };
const error = Object.assign(new Error('gone'), { code: 'ERR_HTTP2_INVALID_SESSION' });

function codeOf(id: number, session = LOST, awaitsHead = true): unknown {
  return (streamError({ id, rstCode: 0, error, awaitsHead }, session) as NodeJS.ErrnoException).code;
}

test('a stream that never got an id was not processed, whatever became of its session', () => {
  assert.equal(codeOf(0), 'UPSTREAM_UNPROCESSED');
  assert.equal(codeOf(1), 'UPSTREAM_CUT');
  assert.equal(codeOf(3, { lastStreamId: 1, isLost: true }), 'UPSTREAM_UNPROCESSED');
});

test('a stream whose answer has begun was processed, whatever GOAWAY says', () => {
  assert.equal(codeOf(3, { lastStreamId: 1, isLost: true }, false), 'UPSTREAM_CUT');
});
