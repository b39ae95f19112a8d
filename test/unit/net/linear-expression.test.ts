import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinearExpression } from '../../../src/net/linear-expression.ts';

/** Counts of letters, as many as given; each set is another one, so that none is shared. */
function counts(many: number): string {
  return Array.from({ length: many }, (_, at) => `[${String.fromCharCode(97 + at)}-z0]{999}`).join('|');
}

test('an expression that compiles to more than 5000 instructions is refused', () => {
  assert.equal(new LinearExpression(`^(?:${counts(4)})$`).matches('a'.repeat(999)), true);
  assert.throws(() => new LinearExpression(`^(?:${counts(20)})$`), {
    name: 'RangeError',
    message: /^too complex: it compiles to 20\d{3} instructions, and at most 5000 are allowed; lower its counts/,
  });
});

test('an expression has at most 1000 characters', () => {
  assert.equal(new LinearExpression('a'.repeat(1000)).matches('a'), false);
  assert.throws(() => new LinearExpression('a'.repeat(1001)), { name: 'RangeError', message: /longer than 1000/ });
});
