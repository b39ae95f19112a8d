import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exposition, labelText } from '../../../src/telemetry/exposition.ts';

test('a family begins with its help and type, and its samples follow', () => {
  const into = new Exposition();
  into.family('a_total', 'counter', 'Things');
  into.sample('', 3);
  into.sample(labelText({ kind: 'x', of: 'y' }), 0.5);
  assert.equal(into.text, '# HELP a_total Things\n# TYPE a_total counter\na_total 3\na_total{kind="x",of="y"} 0.5\n');
});

test('backslash, quote and line feed are escaped in labels; only backslash and line feed in help', () => {
  assert.equal(labelText({ a: 'C:\\x "y"\nz' }), String.raw`a="C:\\x \"y\"\nz"`);
  const into = new Exposition();
  into.family('a', 'gauge', 'one\ntwo \\ "three"');
  assert.match(into.text, /^# HELP a one\\ntwo \\\\ "three"\n/);
});

test('a histogram has a bucket for each bound, one for all, a sum and a count', () => {
  const into = new Exposition();
  into.family('h_seconds', 'histogram', 'Time');
  into.histogram('a="b"', [0.1, 1], [2, 3, 4], 5.5);
  assert.deepEqual(into.text.trimEnd().split('\n').slice(2), [
    'h_seconds_bucket{a="b",le="0.1"} 2',
    'h_seconds_bucket{a="b",le="1"} 3',
    'h_seconds_bucket{a="b",le="+Inf"} 4',
    'h_seconds_sum{a="b"} 5.5',
    'h_seconds_count{a="b"} 4',
  ]);
});

test('a histogram without labels has none but the bounds', () => {
  const into = new Exposition();
  into.family('h', 'histogram', 'Time');
  into.histogram('', [1], [0, 0], 0);
  assert.match(into.text, /\nh_bucket\{le="1"\} 0\nh_bucket\{le="\+Inf"\} 0\nh_sum 0\nh_count 0\n$/);
});

test('infinities and NaN are written as Prometheus reads them', () => {
  const into = new Exposition();
  into.family('a', 'gauge', 'x');
  for (const value of [Infinity, -Infinity, NaN, 1e21]) into.sample('', value);
  assert.match(into.text, /\na \+Inf\na -Inf\na NaN\na 1e\+21\n$/);
});
