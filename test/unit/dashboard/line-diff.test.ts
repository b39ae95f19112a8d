import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hunks, lineDiff } from '../../../dashboard/src/views/configuration/line-diff.ts';
import { seededRandom } from '../../../src/core/random.ts';

const SIGNS = { same: ' ', removed: '-', added: '+' } as const;
const shown = (before: string, after: string): readonly string[] =>
  lineDiff(before, after).map(({ kind, text }) => SIGNS[kind] + text);

test('changed, added and removed lines, with their numbers', () => {
  assert.deepEqual(shown('a\nb\nc', 'a\nx\nc\nd'), [' a', '-b', '+x', ' c', '+d']);
  assert.deepEqual(
    lineDiff('a\nb', 'b').map(({ before, after }) => [before, after]),
    [
      [1, null],
      [2, 1],
    ],
  );
  assert.deepEqual(shown('a', 'a'), [' a']);
  assert.deepEqual(shown('', 'a\n'), ['+a', ' ']);
});

test('whatever the texts, both can be read from the difference', () => {
  const random = seededRandom(7);
  const text = (): string =>
    Array.from({ length: Math.floor(random() * 30) }, () => 'abcd'[Math.floor(random() * 4)]).join('\n');
  for (let round = 0; round < 300; round += 1) {
    const [before, after] = [text(), text()];
    const lines = lineDiff(before, after);
    const of = (other: 'added' | 'removed'): string =>
      lines
        .filter(({ kind }) => kind !== other)
        .map(({ text: line }) => line)
        .join('\n');
    assert.deepEqual([of('added'), of('removed')], [before, after]);
  }
});

test('of two long texts that have little in common, one replaces the other', () => {
  const [before, after] = ['a', 'b'].map((word) => Array.from({ length: 5000 }, (_, at) => `${word}${at}`).join('\n'));
  assert.equal(lineDiff(before!, after!).length, 10_000);
});

test('only changed lines and three around them are shown; the rest is left out', () => {
  const before = Array.from({ length: 100 }, (_, at) => `${at}`);
  const after = before.map((line, at) => (at === 10 || at === 80 ? `${line}!` : line));
  const lines = hunks(lineDiff(before.join('\n'), after.join('\n')));
  assert.deepEqual(
    lines.map((line) => line && SIGNS[line.kind] + line.text).filter((line) => line === null || !line.startsWith(' ')),
    ['-10', '+10!', null, '-80', '+80!'],
  );
  assert.equal(lines.length, 8 + 1 + 8);
});
