import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isPoolName, MAX_POOL_NAME } from '../../../../src/balancing/core/pool-name-rule.ts';

it('a pool has a name of 1 to 63 lower-case letters, digits, dashes and underscores, the first a letter or digit', () => {
  assert.equal(MAX_POOL_NAME, 63);
  for (const name of ['a', '9', 'web-2_b', 'x'.repeat(63)]) assert.ok(isPoolName(name), name);
  for (const name of ['', '-a', '_a', 'Web', 'a.b', 'a b', 'a\n', 'x'.repeat(64)]) assert.ok(!isPoolName(name), name);
});
