import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FastifySchemaCompiler } from 'fastify';
import type { FieldProblem } from '../../../src/errors.ts';
import { buildValidator } from '../../../src/api/ajv.ts';
import { fieldProblems, type SchemaError } from '../../../src/api/field-problems.ts';

function problems(schema: object, data: unknown, httpPart = 'body'): FieldProblem[] {
  const compile: FastifySchemaCompiler<object> = buildValidator({});
  const validate = compile({ schema, httpPart, method: 'GET', url: '/' }) as ((data: unknown) => boolean) & {
    errors?: SchemaError[];
  };
  return validate(data) ? [] : fieldProblems(validate.errors ?? [], httpPart);
}

const object = (properties: object, more: object = {}): object => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...more,
});

describe('a field problem', () => {
  it('says what is allowed and what was found', () => {
    const rows: [schema: object, value: unknown, message: string][] = [
      [{ type: 'number' }, 'x', 'must be a number, found "x"'],
      [{ type: 'integer', minimum: 1, maximum: 5 }, 1.5, 'must be a whole number from 1 to 5, found 1.5'],
      [{ type: 'number', exclusiveMinimum: 0, maximum: 5 }, 0, 'must be a number above 0, up to 5, found 0'],
      [{ type: 'boolean' }, null, 'must be true or false, found null'],
      [{ type: 'string' }, [], 'must be text, found a list'],
      [{ type: 'string', maxLength: 3 }, 'four', 'must be text, at most 3 characters, found "four"'],
      [{ type: ['string', 'null'] }, 1, 'must be text or null, found 1'],
      [{ type: 'string', enum: ['a', 'b'] }, 'c', 'must be one of a, b, found "c"'],
      [{ type: 'object' }, 'x', 'must be an object, found "x"'],
      [{ type: 'array' }, {}, 'must be a list, found an object'],
    ];
    for (const [schema, value, message] of rows) {
      assert.deepEqual(problems(object({ f: schema }), { f: value }), [{ field: 'f', message }]);
    }
  });

  it('cuts what was found short', () => {
    const [problem] = problems(object({ f: { type: 'number' } }), { f: 'x'.repeat(500) });
    assert.ok(problem!.message.length < 100, problem!.message);
  });

  it('names nested fields and list items with dots', () => {
    const schema = object({
      list: { type: 'array', items: object({ 'a/b~c': { type: 'number' } }, { required: ['x'] }) },
    });
    const fields = problems(schema, { list: [{ 'a/b~c': 1 }, { 'a/b~c': 'no' }] }).map((problem) => problem.field);
    assert.deepEqual(fields.toSorted(), ['list.0.x', 'list.1.a/b~c', 'list.1.x']);
  });

  it('is one for each field, however many rules it breaks', () => {
    assert.equal(
      problems(object({ f: { type: 'string', maxLength: 1, pattern: '^b', enum: ['b'] } }), { f: 'aaa' }).length,
      1,
    );
  });

  it('of a rule over several fields is that rule in words, without its branches', () => {
    const rule = { oneOf: [{ required: ['a'] }, { required: ['b'] }], 'x-rule': 'give a or b' };
    assert.deepEqual(problems(object({ a: {}, b: {} }, rule), {}), [{ field: 'body', message: 'give a or b' }]);
  });

  it('stops at a hundred', () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`f${at}`, 1]));
    assert.equal(problems(object({}), many).length, 100);
  });
});

describe('the validator', () => {
  it('reads numbers and booleans from a URL, and takes nothing for a number in a body', () => {
    const schema = object({ n: { type: 'integer' }, b: { type: 'boolean' } });
    const query = { n: '5', b: 'true' };
    assert.deepEqual(problems(schema, query, 'querystring'), []);
    assert.deepEqual(query, { n: 5, b: true });
    assert.equal(problems(schema, { n: '5', b: 'true' }).length, 2);
  });

  it('refuses numbers that JSON cannot carry', () => {
    for (const n of [Number.POSITIVE_INFINITY, Number.NaN]) {
      assert.deepEqual(problems(object({ n: { type: 'number' } }), { n }), [
        { field: 'n', message: `must be a number, found ${n}` },
      ]);
    }
  });
});
