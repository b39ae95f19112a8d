import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RegistryHistory } from '../../../../../src/discovery/control/sources/registry-history.ts';

test('a registry whose revisions grow is whole, whatever it lists', () => {
  const history = new RegistryHistory();
  assert.equal(history.isWhole, true);
  assert.equal(history.note('c', 5n, ['a', 'b']), false);
  assert.equal(history.note('c', 5n, ['a', 'b']), false);
  assert.equal(history.note('c', 6n, []), false);
  assert.equal(history.isWhole, true);
});

test('after a lower revision it is whole once everything was listed again', () => {
  const history = new RegistryHistory();
  history.note('c', 5n, ['a', 'b']);
  assert.equal(history.note('c', 1n, []), true);
  assert.equal(history.isWhole, false);
  assert.equal(history.note('c', 2n, ['a', 'new']), false);
  assert.equal(history.isWhole, false);
  history.note('c', 3n, ['b']);
  assert.equal(history.isWhole, true, 'a was listed in between, and then removed');
});

test('another cluster has another history', () => {
  const history = new RegistryHistory();
  history.note('c', 5n, ['a']);
  assert.equal(history.note('d', 9n, ['b']), true);
  assert.equal(history.isWhole, false);
});

test('one that is restored with all that it had is whole', () => {
  const history = new RegistryHistory();
  history.note('c', 5n, ['a']);
  assert.equal(history.note('c', 4n, ['a', 'b']), true);
  assert.equal(history.isWhole, true);
});
