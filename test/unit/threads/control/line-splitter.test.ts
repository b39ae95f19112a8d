import assert from 'node:assert/strict';
import { it } from 'node:test';
import { lineSplitter } from '../../../../src/threads/control/line-splitter.ts';

function linesOf(...pieces: readonly string[]): readonly string[] {
  const lines: string[] = [];
  const take = lineSplitter((line) => lines.push(line));
  for (const piece of pieces) take(piece);
  return lines;
}

it('lines are whole however they arrive, and end at LF only', () => {
  assert.deepEqual(linesOf('{"a":', '1}\n{"b":"\u2028\u2029"}\n\n{"c"', ':2}\n'), [
    '{"a":1}',
    '{"b":"\u2028\u2029"}',
    '{"c":2}',
  ]);
});

it('a line without an end is not kept', () => {
  const long = 'x'.repeat(65_536);
  assert.deepEqual(linesOf(long, 'y\n'), [long, 'y']);
});
