import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineEndOf, withLineEnds } from '../../../dashboard/src/views/configuration/line-ends.ts';

test('an edited text has the line ends of the text that it comes from', () => {
  for (const [file, kept] of [
    ['a: 1\r\nb: 2\r\n', 'a: 1\r\nb: 3\r\n'],
    ['a: 1\nb: 2\n', 'a: 1\nb: 3\n'],
    ['a: 1', 'a: 1\nb: 3\n'],
  ] as const) {
    assert.equal(withLineEnds(file, '\n').includes('\r'), false);
    assert.equal(withLineEnds('a: 1\nb: 3\n', lineEndOf(file)), kept);
  }
});
