import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addVary, codedFields, matchAskedTag } from '../../../../../src/policies/compression/core/coded-fields.ts';

test('a strong tag becomes weak, a weak one stays, and what describes other bytes goes', () => {
  const fields = [
    'ETag',
    '"a"',
    'Accept-Ranges',
    'bytes',
    'Content-MD5',
    'x',
    'repr-digest',
    'x',
    'Content-Digest',
    'x',
  ];
  assert.deepEqual(codedFields([...fields, 'Digest', 'x', 'X-A', 'b', 'content-length', '9'], 'br'), [
    'ETag',
    'W/"a"',
    'X-A',
    'b',
    'content-encoding',
    'br',
  ]);
  assert.deepEqual(codedFields(['etag', 'W/"a"'], 'br'), ['etag', 'W/"a"', 'content-encoding', 'br']);
});

test('Vary gets the name once, and not if it covers everything', () => {
  const varied = (...fields: string[]): string[] => {
    addVary(fields);
    return fields;
  };
  assert.deepEqual(varied('vary', 'Origin'), ['vary', 'Origin', 'vary', 'Accept-Encoding']);
  assert.deepEqual(varied('Vary', 'Origin, accept-encoding'), ['Vary', 'Origin, accept-encoding']);
  assert.deepEqual(varied('Vary', '*'), ['Vary', '*']);
});

test('the tag of a 304 is weak if the client asked with the weak one only', () => {
  const asked = (ifNoneMatch: string | undefined, etag = '"a"'): string | undefined => {
    const fields = ['etag', etag];
    matchAskedTag(fields, ifNoneMatch);
    return fields[1];
  };
  assert.equal(asked('W/"a"'), 'W/"a"');
  assert.equal(asked('"b", W/"a"'), 'W/"a"');
  assert.equal(asked('"a", W/"a"'), '"a"');
  assert.equal(asked('"a"'), '"a"');
  assert.equal(asked('W/"ab"'), '"a"');
  assert.equal(asked('*'), '"a"');
  assert.equal(asked(undefined), '"a"');
  assert.equal(asked('W/"a"', 'W/"a"'), 'W/"a"');
});
