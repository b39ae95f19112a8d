import assert from 'node:assert/strict';
import { test } from 'node:test';

import { editDistance, nearest } from '../../../../src/config/schema/nearest.ts';

test('a missing, a wrong and a swapped letter each count one', () => {
  assert.equal(editDistance('algoritm', 'algorithm'), 1);
  assert.equal(editDistance('porz', 'port'), 1);
  assert.equal(editDistance('prot', 'port'), 1);
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('same', 'same'), 0);
});

test('the nearest word is found over case and separators', () => {
  assert.equal(nearest('healthCheck', ['health_check', 'hash']), 'health_check');
  assert.equal(nearest('health-check', ['health_check', 'hash']), 'health_check');
  assert.equal(nearest('roundrobin', ['random', 'round-robin']), 'round-robin');
});

test('nothing is suggested for a word that is near to none', () => {
  assert.equal(nearest('zzz', ['port', 'host']), undefined);
  assert.equal(nearest('x', []), undefined);
  assert.equal(nearest('a'.repeat(10_000), ['b'.repeat(10_000)]), undefined);
});
