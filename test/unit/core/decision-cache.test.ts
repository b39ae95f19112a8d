import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecisionCache } from '../../../src/core/decision-cache.ts';

test('a decision holds until its time, and can be replaced', () => {
  const cache = new DecisionCache<string>(10);
  cache.set('a', 'no', 100);
  assert.deepEqual([cache.get('a', 99), cache.get('a', 100), cache.size], ['no', undefined, 0]);
  cache.set('a', 'no', 200);
  cache.set('a', 'yes', 300);
  assert.deepEqual([cache.get('a', 250), cache.size], ['yes', 1]);
  cache.delete('a');
  assert.equal(cache.get('a', 250), undefined);
  cache.set('b', 'no', 300);
  cache.clear();
  assert.equal(cache.size, 0);
});

test('a flood of names takes no memory: the oldest decision is forgotten', () => {
  const cache = new DecisionCache<true>(3);
  for (let at = 0; at < 1000; at += 1) cache.set(`n${at}`, true, 100);
  assert.equal(cache.size, 3);
  assert.deepEqual(
    ['n996', 'n997', 'n999'].map((name) => cache.get(name, 0)),
    [undefined, true, true],
  );
});
