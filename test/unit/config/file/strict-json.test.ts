import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readDocument } from '../../../../src/config/file/read-document.ts';
import { findJsonMistake } from '../../../../src/config/file/strict-json.ts';

const RIGHT = [
  '{}',
  ' [ ] ',
  '{"a": [1, -2.5e+3, 0, true, false, null, "x\\u00e9\\n\\/", {"b": {}}]}',
  '"text"',
  '[[[]],{}]',
  '{"a":1,"a":2}',
  '\r\n\t{"a"\t:1}\n',
];
const WRONG = [
  '',
  ' ',
  '{',
  '[',
  '{]',
  '[}',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '[1,]',
  '[,1]',
  '[1 2]',
  '{a:1}',
  "{'a':1}",
  '{"a":01}',
  '{"a":+1}',
  '{"a":.5}',
  '{"a":1.}',
  '{"a":0x1}',
  '{"a":NaN}',
  '{"a":Infinity}',
  '{"a":tru}',
  '{"a":nulls}',
  '// x\n{}',
  '{} {}',
  '{}x',
  '"a\nb"',
  '"\\x"',
  '"\\u12"',
  '"open',
  '{"a":1 "b":2}',
  '{"a" 1}',
  '\u00a0{}',
  '{"a":1}]',
];

test('the scanner and JSON.parse agree on what is JSON', () => {
  const accepts = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  for (const text of [...RIGHT, ...WRONG]) {
    assert.equal(findJsonMistake(text) === undefined, accepts(text), JSON.stringify(text));
  }
  assert.ok(RIGHT.every(accepts) && !WRONG.some(accepts));
});

test('every cut of a right text is wrong at its end', () => {
  const text = '{"a": [1, "x", {"b": null}]}';
  for (let length = 0; length < text.length; length += 1) {
    assert.ok((findJsonMistake(text.slice(0, length))?.offset ?? -1) <= length, text.slice(0, length));
    assert.notEqual(findJsonMistake(text.slice(0, length)), undefined, text.slice(0, length));
  }
});

test('the position is that of the token that does not belong', () => {
  assert.deepEqual(findJsonMistake('{"a": 1,\n}'), {
    offset: 9,
    message: 'not valid JSON: expected a key in double quotes',
  });
  assert.equal(findJsonMistake('{"a": x}')?.offset, 6);
  assert.equal(findJsonMistake('[1 2]')?.message, 'not valid JSON: expected a comma or ]');
});

test('a hundred thousand brackets do not overflow the stack', () => {
  assert.notEqual(findJsonMistake('['.repeat(100_000)), undefined);
});

const LIMITS: Readonly<Record<string, readonly [text: string, offset: number, message: string]>> = {
  depth: [`${'[ '.repeat(33)}${']'.repeat(33)}`, 64, 'nested deeper than 32 levels'],
  length: [`[1, "${'x'.repeat(16_383)}"]`, 4, 'a value of 16385 characters; at most 16384 are supported'],
  count: [`[${'1,'.repeat(200_000)}1]`, 400_000, 'more than 400000 words and punctuation marks'],
};

for (const [what, [text, offset, message]] of Object.entries(LIMITS)) {
  test(`${what} beyond a limit is a mistake where it is exceeded, in YAML, too`, () => {
    assert.deepEqual(findJsonMistake(text), { offset, message });
    const { problems, isReadable } = readDocument(text, 'c.yaml');
    assert.deepEqual([problems[0]?.column, problems[0]?.message, isReadable], [offset + 1, message, false]);
    assert.equal(readDocument(text, 'c.json').problems[0]?.column, offset + 1);
  });
}

test('the limits themselves are no mistakes', () => {
  for (const text of [`${'['.repeat(32)}${']'.repeat(32)}`, `"${'x'.repeat(16_382)}"`, `[${'1,'.repeat(199_998)}1]`])
    assert.equal(findJsonMistake(text), undefined);
});

test('JSON means the same as when it is read as YAML, with the same positions', () => {
  const values = ['x: {y}', '', 'é\u{1f600}', '\n\t"\\', '#', 'null', '1', 0, -1.5, true, null, [], {}];
  const value = { a: values, 'b:c': { d: [[{ e: 'f' }], 'g'] }, '': 1, '<<': {}, ['k'.repeat(300)]: 1 };
  const pretty = JSON.stringify(value, null, 2);
  const escaped = '{ "a" : "\\u00e9\\/\\ud83d\\ude00\\u0000" ,\r\n"a":1e400, "__proto__": 1 }';
  const numbers = '[-0, -1.5e+3, 1E400, 123456789012345678901234, 0.1]';
  for (const text of [JSON.stringify(value), pretty, escaped, `{"a": ${numbers}}`, '{}', '[1]', 'null', '"x"']) {
    const [json, yaml] = ['json', 'yaml'].map((ending) => {
      const { document, problems, isReadable } = readDocument(text, `c.${ending}`);
      const origins = [...document.origins].map(([pointer, { source: _, ...origin }]) => [pointer, origin]);
      return {
        root: document.root,
        origins,
        problems: problems.map(({ source: _, ...problem }) => problem),
        isReadable,
      };
    });
    assert.deepEqual(json, yaml, text);
  }
});
