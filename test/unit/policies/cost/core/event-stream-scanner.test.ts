import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventStreamScanner } from '../../../../../src/policies/cost/core/event-stream-scanner.ts';

function scan(text: string, pieceBytes = Infinity): readonly (number | undefined)[] {
  const scanner = new EventStreamScanner([['n'], ['u', 'm']]);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) scanner.push(bytes.subarray(at, at + pieceBytes));
  scanner.end();
  return scanner.values;
}

const STREAM = ': hello\n\nevent: x\ndata: {"n":1}\n\ndata:{"n":2,"t":"data: {\\"n\\":9}"}\nid: 7\n\ndata: [DONE]\n\n';

test('the last event that has the number counts, wherever the stream is cut', () => {
  assert.deepEqual(scan(STREAM), [2, undefined]);
  for (let pieceBytes = 1; pieceBytes < 40; pieceBytes += 1) {
    assert.deepEqual(scan(STREAM, pieceBytes), [2, undefined], `pieces of ${pieceBytes}`);
  }
});

test('lines end with LF, CRLF or CR', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const text = STREAM.replaceAll('\n', end);
    assert.deepEqual(scan(text), [2, undefined], JSON.stringify(end));
    assert.deepEqual(scan(text, 1), [2, undefined], JSON.stringify(end));
  }
});

test('each number has its own last event', () => {
  assert.deepEqual(scan('data: {"n":1,"u":{"m":4}}\n\ndata: {"n":2}\n\n'), [2, 4]);
});

test('the lines of one event are one text', () => {
  assert.deepEqual(scan('data: {"n":\ndata: 5}\n\n'), [5, undefined]);
  assert.deepEqual(scan('data: {"n":5\ndata: 6}\n\n'), [undefined, undefined], 'and not glued together');
});

test('an event that is no JSON counts for nothing, and spoils no other', () => {
  assert.deepEqual(scan('data: {"n":1}\n\ndata: {"n":2\n\ndata: }\n\n'), [1, undefined]);
});

test('the last event counts without the empty line, if it is whole', () => {
  assert.deepEqual(scan('data: {"n":3}'), [3, undefined]);
  assert.deepEqual(scan('data: {"n":1}\n\ndata: {"n":3'), [1, undefined]);
});

test('only fields named data count', () => {
  assert.deepEqual(scan('datas: {"n":1}\n\n data: {"n":2}\n\nDATA: {"n":3}\n\nevent:{"n":4}\n\n'), [
    undefined,
    undefined,
  ]);
});

test('a byte order mark is passed over at the start only', () => {
  assert.deepEqual(scan('\ufeffdata: {"n":1}\n\n', 1), [1, undefined]);
  assert.deepEqual(scan('data: {"n":1}\n\n\ufeffdata: {"n":2}\n\n'), [1, undefined]);
});
