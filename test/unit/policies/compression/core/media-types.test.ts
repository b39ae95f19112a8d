import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMPRESSED_TYPES } from '../../../../../src/policies/core/policies-vocabulary.ts';
import { MediaTypes } from '../../../../../src/policies/compression/core/media-types.ts';

test('types match exactly, by their first part, or by their suffix; case and parameters do not matter', () => {
  const types = new MediaTypes(COMPRESSED_TYPES);
  for (const type of [
    'text/html',
    'Text/HTML; charset=utf-8',
    'application/json',
    'application/json ;charset=utf-8',
    'application/problem+json',
    'application/atom+xml',
    'image/svg+xml',
  ]) {
    assert.ok(types.has(type), type);
  }
  for (const type of ['', 'image/png', 'application/jsonl', 'application/octet-stream', 'xtext/html', 'image/a+json']) {
    assert.ok(!types.has(type), type);
  }
  assert.ok(new MediaTypes(['IMAGE/*']).has('image/png'));
});
