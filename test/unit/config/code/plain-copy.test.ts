import assert from 'node:assert/strict';
import { test } from 'node:test';

import { plainCopy } from '../../../../src/config/code/plain-copy.ts';

const messages = (value: unknown): readonly string[] =>
  plainCopy(value).findings.map(({ path, message }) => `${path.join('.')}: ${message}`);

test('plain values are copied, keys without a value are left out, and one object may be used twice', () => {
  const shared = { interval: '1s' };
  const given = {
    a: [1, 'x', true, null],
    b: { c: undefined, d: shared, e: shared },
    f: Object.create(null) as object,
  };
  const { value, findings } = plainCopy(given);
  assert.deepEqual(value, { a: [1, 'x', true, null], b: { d: { interval: '1s' }, e: { interval: '1s' } }, f: {} });
  assert.deepEqual(findings, []);
  assert.notEqual((value as typeof given).b.d, shared);
});

test('everything else is named by its path, without the value', () => {
  class Pool {
    secret = 'hunter2';
  }
  const circle: Record<string, unknown> = {};
  circle['self'] = { again: circle };
  const found = messages({
    pools: { web: () => 'hunter2' },
    list: [undefined, ...Array.from({ length: 1 }), 3n],
    odd: { nan: NaN, infinite: -Infinity, symbol: Symbol('hunter2') },
    url: new URL('http://hunter2/'),
    own: new Pool(),
    later: Promise.resolve('hunter2'),
    circle,
  });
  assert.deepEqual(
    found.map((line) => line.split(';')[0]),
    [
      'pools.web: found a function',
      'list.0: found undefined',
      'list.1: found undefined',
      'list.2: found a bigint',
      'odd.nan: found NaN',
      'odd.infinite: found -Infinity',
      'odd.symbol: found a symbol',
      'url: found an instance of URL',
      'own: found an instance of Pool',
      'later: found a promise that is not awaited',
      'circle.self.again: contains itself',
    ],
  );
  assert.doesNotMatch(found.join(), /hunter2/);
});

test('the bounds of a file apply', () => {
  let deep: unknown = 1;
  for (let depth = 0; depth < 33; depth += 1) deep = { a: deep };
  assert.match(messages(deep).join(), /nested deeper than 32 levels$/);
  assert.match(messages({ a: 'x'.repeat(16_385) }).join(), /^a: a value of 16385 characters; at most 16384/);
  assert.match(messages({ ['k'.repeat(257)]: 1 }).join(), /a key of 257 characters; at most 256/);
  assert.match(
    messages(JSON.parse('{"__proto__":{"a":1},"":2}')).join(),
    /__proto__: a key must be plain text,: a key/,
  );
  // 2^20 values from twenty objects.
  let wide: unknown = 1;
  for (let depth = 0; depth < 20; depth += 1) wide = [wide, wide];
  assert.deepEqual(messages({ wide }), [': more than 100000 values']);
  const text = 'x'.repeat(16_384);
  assert.deepEqual(messages({ texts: Array.from({ length: 300 }, () => text) }), [': more than 4194304 characters']);
});
