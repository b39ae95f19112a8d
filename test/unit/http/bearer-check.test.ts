import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bearerCheck } from '../../../src/http/bearer-check.ts';

test('only the very token is right', () => {
  const isRight = bearerCheck('secret');
  assert.ok(isRight('secret'));
  for (const wrong of ['Secret', 'secre', 'secret ', '', undefined]) assert.ok(!isRight(wrong), String(wrong));
});

test('an empty token of ours is not satisfied by no token', () => {
  assert.ok(!bearerCheck('')(undefined));
});
