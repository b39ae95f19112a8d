import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../../../src/core/random.ts';
import { CostExpression } from '../../../../../src/policies/cost/core/cost-expression.ts';
import { JsonNumberScanner } from '../../../../../src/policies/cost/core/json-number-scanner.ts';

/** Null: it is not JSON. @param cuts where the pieces end */
function scan(text: string, paths: string, cuts: readonly number[] = []): readonly (number | undefined)[] | null {
  const scanner = new JsonNumberScanner(new CostExpression(paths).paths);
  const bytes = Buffer.from(text);
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    scanner.push(bytes.subarray(from, to));
    from = to;
  }
  scanner.end();
  return scanner.hasFailed ? null : scanner.values;
}

test('a number is read wherever the text is cut, at one place and at every byte', () => {
  const text = `{"a":"}\\"{\\\\","list":[{"usage":{"n":1}},[2],"]"],"\\u0075sage":{"x":{"n":5},"n": -1.5e2 ,"m":7},"z":null}`;
  const length = Buffer.byteLength(text);
  for (let cut = 0; cut <= length; cut += 1) {
    assert.deepEqual(scan(text, 'usage.n + usage.m', [cut]), [-150, 7], `cut at ${cut}`);
  }
  const everywhere = Array.from({ length }, (_, at) => at);
  assert.deepEqual(scan(text, 'usage.n + usage.m', everywhere), [-150, 7]);
});

test('only the whole path leads to a number', () => {
  assert.deepEqual(scan('{"n":1,"a":{"n":2,"b":{"a":{"n":3}}}}', 'n + a.n + a.b.n'), [1, 2, undefined]);
  assert.deepEqual(scan('[{"n":1}]', 'n'), [undefined]);
  assert.deepEqual(scan('{"a":[{"n":1}]}', 'a.n'), [undefined]);
});

test('[] is each element of a list, and the last counts', () => {
  assert.deepEqual(scan('[{"u":{"n":1}},{"u":{"n":2}},{}]', '[].u.n'), [2]);
  assert.deepEqual(scan('{"a":[1,[9],3,null]}', 'a.[]'), [3]);
  assert.deepEqual(scan('{"[]":1}', '[]'), [1], 'also a key of that name');
});

test('the last of equal keys counts, as for JSON.parse', () => {
  assert.deepEqual(scan('{"n":1,"n":2}', 'n'), [2]);
});

test('several texts in a row are read one after the other', () => {
  assert.deepEqual(scan('{"n":1}\n{"n":2}\r\n{"m":3}\n', 'n + m'), [2, 3]);
});

test('null is as if it were not there; other values are no numbers', () => {
  assert.deepEqual(scan('{"n":null}', 'n'), [undefined]);
  assert.deepEqual(scan('{"n":3,"n":null}', 'n'), [3]);
  for (const value of ['"12"', 'true', 'false', '{}', '[]', '{"x":1}', `${'9'.repeat(65)}`]) {
    assert.deepEqual(scan(`{"n":${value}}`, 'n'), [NaN], value);
  }
  assert.deepEqual(scan('{"n":1e999}', 'n'), [Infinity]);
});

test('a path may end where another goes on', () => {
  assert.deepEqual(scan('{"a":{"b":2}}', 'a | a.b'), [NaN, 2]);
});

test('a byte order mark is passed over', () => {
  assert.deepEqual(scan('\ufeff{"n":1}', 'n'), [1]);
});

for (const text of [
  '{',
  '{"n":1',
  '{"n":1}}',
  '{"n" 1}',
  '{"n":01}',
  '{"n":1.}',
  '{"n":1,}',
  '{"n":+1}',
  '{n:1}',
  '{"n":nul}',
  '{"n":1]',
  '[1}',
  '[DONE]',
  '<html>',
  '{"\\u12":1}',
  '"',
]) {
  test(`${text} is no JSON`, () => {
    assert.equal(scan(text, 'n + [].n'), null);
  });
}

test('what no path leads to is passed over, however deep and long it is', () => {
  const scanner = new JsonNumberScanner([['n']]);
  const open = Buffer.from('[{"key":'.repeat(1000));
  scanner.push(Buffer.from('{"a":'));
  for (let count = 0; count < 1000; count += 1) scanner.push(open);
  for (let count = 0; count < 1000; count += 1) scanner.push(Buffer.from('0'.repeat(10)));
  for (let count = 0; count < 1000; count += 1) scanner.push(Buffer.from('}]'.repeat(1000)));
  scanner.push(Buffer.from(`,"${'k'.repeat(1_000_000)}":1,"n":2}`));
  scanner.end();
  assert.equal(scanner.hasFailed, false);
  assert.deepEqual(scanner.values, [2]);
});

test('random documents are read as JSON.parse reads them', () => {
  const random = seededRandom(11);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  function make(depth: number): unknown {
    if (depth === 0) return Object.fromEntries(['a', 'b', 'c'].map((key) => [key, make(1)]));
    const kind = depth > 4 ? Math.floor(random() * 4) : Math.floor(random() * 7);
    if (kind === 0) return Math.round(random() * 1e6) / pick([1, 1000]);
    if (kind === 1) return pick(['', 'a"b', 'x\\', '{', '\u20ac', 'a.b']);
    if (kind === 2) return pick([true, false, null]);
    if (kind === 3) return -random();
    if (kind === 4) return Array.from({ length: Math.floor(random() * 4) }, () => make(depth + 1));
    const keys = ['a', 'b', 'c', 'd"', 'é'].filter(() => random() < 0.8);
    return Object.fromEntries(keys.map((key) => [key, make(depth + 1)]));
  }
  const paths = ['a', 'b', 'a.b', 'b.a', 'a.b.c', 'a.a.a', 'c.b'];
  let found = 0;
  for (let round = 0; round < 3000; round += 1) {
    const document = make(0);
    const text = JSON.stringify(document, null, pick([0, 1]));
    const expected = paths.map((path) => {
      let value: unknown = document;
      for (const key of path.split('.')) {
        const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
        value = isMapping ? (value as Record<string, unknown>)[key] : undefined;
      }
      if (value === undefined || value === null) return undefined;
      return typeof value === 'number' ? value : NaN;
    });
    const cuts = [random(), random()].map((at) => Math.floor(at * Buffer.byteLength(text))).toSorted((a, b) => a - b);
    assert.deepEqual(scan(text, paths.join('+'), cuts), expected, text);
    found += expected.filter((value) => value !== undefined && value >= 0).length;
  }
  assert.ok(found > 300, `${found} numbers`);
});
