import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CostExpression } from '../../../../../src/policies/cost/core/cost-expression.ts';

/** @param known by path, as written */
function value(source: string, known: Readonly<Record<string, number>>): number | null {
  const expression = new CostExpression(source);
  return expression.valueOf(expression.paths.map((path) => known[path.join('.')]));
}

test('a cost is the number at its path', () => {
  assert.equal(value('usage.total_tokens', { 'usage.total_tokens': 12 }), 12);
  assert.equal(value('rows', { rows: 0 }), 0);
});

test('terms add up, each with its weight', () => {
  assert.equal(value('usage.in + usage.out * 5', { 'usage.in': 10, 'usage.out': 3 }), 25);
  assert.equal(value('a*0.5+b', { a: 3, b: 1 }), 2.5);
});

test('of alternatives the first that is there counts', () => {
  assert.equal(value('a | b.a', { 'b.a': 7 }), 7);
  assert.equal(value('a | b.a * 2', { a: 1, 'b.a': 7 }), 2);
});

test('a term that is missing counts as 0, and nothing at all as none', () => {
  assert.equal(value('a + b', { b: 4 }), 4);
  assert.equal(value('a + b', {}), null);
});

test('what is no number, or below 0, spoils the sum', () => {
  assert.equal(value('a + b', { a: NaN, b: 4 }), NaN);
  assert.equal(value('a + b', { a: -1, b: 4 }), NaN);
});

for (const [source, reason] of [
  ['', /part of a path is missing/],
  ['a..b', /part of a path is missing/],
  ['a +', /part of a path is missing/],
  ['a b', /"a b" is no key/],
  ['a * b', /a weight is a number above 0/],
  ['a * 0', /a weight is a number above 0/],
  ['a * 2 * 3', /one weight/],
  ['a.b.c.d.e.f.g.h.i', /at most 8 parts/],
  [Array.from({ length: 17 }, (_, at) => `p${at}`).join('|'), /more than 16 paths/],
] as const) {
  test(`"${source.slice(0, 20)}" is refused`, () => {
    assert.throws(() => new CostExpression(source), reason);
  });
}
