import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removeFields } from '../../../../src/http/fields/remove-fields.ts';

test('every spelling of a name is removed, and nothing else', () => {
  const names = new Set(['x-user', 'x-tenant-id']);
  const fields = [
    'X-User',
    '1',
    'x_user',
    '2',
    'x.tenant_id',
    '3',
    'x-users',
    '4',
    'accept',
    '5',
    'x-tenant-id',
    '6',
    'x-last',
    '7',
  ];
  removeFields(fields, names);
  assert.deepEqual(fields, ['x-users', '4', 'accept', '5', 'x-last', '7']);
  removeFields(fields, names);
  assert.deepEqual(fields, ['x-users', '4', 'accept', '5', 'x-last', '7']);
});

test('all of a head can go', () => {
  const fields = ['a', '1', 'A', '2'];
  removeFields(fields, new Set(['a']));
  assert.deepEqual(fields, []);
});
