import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from '@sinclair/typebox';
import { buildValidator } from '../../../src/control/body-validator.ts';

const schema = Type.Object(
  { capacity: Type.Number({ minimum: 1 }), enabled: Type.Boolean() },
  { additionalProperties: false },
);

function validator(httpPart: string) {
  return buildValidator({})({ schema, httpPart });
}

test('a body is taken at its word: text is no number, null no false', () => {
  const validate = validator('body');
  assert.ok(validate({ capacity: 5, enabled: true }));
  assert.ok(!validate({ capacity: '5', enabled: true }));
  assert.ok(!validate({ capacity: 5, enabled: null }));
  assert.ok(!validate({ capacity: true, enabled: true }));
});

test('a query is text, and is coerced', () => {
  const query = { capacity: '5', enabled: 'true' };
  assert.ok(validator('querystring')(query));
  assert.deepEqual(query, { capacity: 5, enabled: true });
});

test('all problems are reported at once, unknown fields among them', () => {
  const validate = validator('body');
  assert.ok(!validate({ capacity: 0, enabled: 'yes', capasity: 5 }));
  assert.deepEqual(validate.errors?.map((error) => error.keyword).sort(), ['additionalProperties', 'minimum', 'type']);
});

test('schemas the app shares are known by their ids', () => {
  const shared = { Bucket: Type.Object({ capacity: Type.Number() }, { $id: 'Bucket' }) };
  const validate = buildValidator(shared)({ schema: { $ref: 'Bucket#' }, httpPart: 'body' });
  assert.ok(validate({ capacity: 1 }));
  assert.ok(!validate({}));
});
