import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Template, type TemplateValues } from '../../../src/core/template.ts';

const VALUES: TemplateValues = {
  valueOf: (placeholder, argument) => (placeholder === 'method' ? undefined : `<${placeholder} ${argument}>`),
};

function filled(text: string): string {
  return new Template(text).fill(VALUES);
}

test('placeholders are filled in, whatever surrounds them', () => {
  assert.equal(filled('{host}'), '<host >');
  assert.equal(filled('a{jwt.sub}b{header.x-a.b}'), 'a<jwt sub>b<header x-a.b>');
  assert.equal(filled('plain'), 'plain');
  assert.equal(filled(''), '');
});

test('a missing value is empty', () => assert.equal(filled('[{method}]'), '[]'));

test('two braces are one', () => assert.equal(filled('{{"a": "{path}"}}'), '{"a": "<path >"}'));

test('values can be encoded, constants are not', () => {
  const template = new Template('/?x={path}');
  assert.equal(template.fill(VALUES, encodeURIComponent), '/?x=%3Cpath%20%3E');
});

test('it says whether it depends on the request', () => {
  assert.equal(new Template('a').isConstant, true);
  assert.equal(new Template('a{path}').isConstant, false);
  assert.deepEqual(new Template('a{path}{jwt.a}').placeholders, ['path', 'jwt']);
});

test('what is no placeholder is refused by name', () => {
  assert.throws(() => new Template('{user}'), {
    name: 'RangeError',
    message: /no placeholder \{user\}; allowed: .*\{jwt\.NAME\}/,
  });
  assert.throws(() => new Template('{jwt}'), { message: /no placeholder \{jwt\}/ });
  assert.throws(() => new Template('{path.x}'), { message: /no placeholder \{path\.x\}/ });
  assert.throws(() => new Template('{toString}'), { message: /no placeholder/ });
  assert.throws(() => new Template('a}'), { message: /brace/ });
  assert.throws(() => new Template('{a'), { message: /brace/ });
});
