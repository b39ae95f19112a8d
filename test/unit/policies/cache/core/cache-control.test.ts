import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directivesOf, secondsOf } from '../../../../../src/policies/cache/core/cache-control.ts';

test('directives are found in any case, quoted or not, and the first of two counts', () => {
  const directives = directivesOf('Public, MAX-AGE="60" , no-cache="a, private, b",s-maxage=5;x, max-age=7, ,ext=a');
  assert.deepEqual(
    [...directives],
    [
      ['public', ''],
      ['max-age', '60'],
      ['no-cache', 'a, private, b'],
      ['s-maxage', '5'],
      ['x', ''],
      ['ext', 'a'],
    ],
  );
  assert.equal(directivesOf(undefined).size, 0);
  assert.equal(directivesOf('').size, 0);
});

test('seconds are whole numbers; anything else makes an answer stale', () => {
  const seconds = (value: string): number | undefined => secondsOf(directivesOf(value), 'max-age');
  assert.equal(seconds('max-age=60'), 60);
  assert.equal(seconds('max-age=0060'), 60);
  assert.equal(seconds('max-age=99999999999999999999'), 2 ** 31);
  assert.equal(seconds('public'), undefined);
  for (const wrong of ['max-age', 'max-age=', 'max-age=-1', 'max-age=1.5', 'max-age=a', 'max-age=1a', "max-age='1'"]) {
    assert.equal(seconds(wrong), 0, wrong);
  }
});
