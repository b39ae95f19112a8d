import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedCoding } from '../../../../../src/policies/compression/core/accepted-coding.ts';
import { CONTENT_CODINGS } from '../../../../../src/policies/core/policies-vocabulary.ts';

const CASES: readonly (readonly [accept: string | undefined, coding: string | null, refusesIdentity?: boolean])[] = [
  [undefined, null],
  ['', null],
  ['gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['x-gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'zstd'],
  ['gzip, br', 'br'],
  ['br;q=0.5, gzip;q=0.8', 'gzip'],
  ['br ; q=0.5 ,\tgzip;q=0.5', 'br'],
  ['*', 'zstd'],
  ['*;q=0.1, zstd;q=0', 'br'],
  ['gzip;q=0', null],
  ['gzip;q=0.000', null],
  ['*;q=0', null, true],
  ['identity;q=0', null, true],
  ['identity;q=0, gzip;q=0.1', 'gzip', true],
  ['*;q=0, gzip', 'gzip', true],
  ['*;q=0, identity, gzip', 'gzip'],
  ['identity;q=0.5, gzip;q=0.4', null],
  ['identity, gzip', 'gzip'],
  ['deflate, compress', null],
  ['gzip;q=2', null],
  ['gzip;q=-1', null],
  ['gzip;level=9', null],
  ['gzip;q=0.1234', null],
  [', ,gzip,', 'gzip'],
  ['not a token, gzip', 'gzip'],
];

test('a client gets the coding that it likes most, and of equal ones the first that is offered', () => {
  for (const [accept, coding, isIdentityRefused = false] of CASES) {
    assert.deepEqual(acceptedCoding(accept, CONTENT_CODINGS), { coding, isIdentityRefused }, accept);
  }
});

test('what is not offered is not chosen', () => {
  assert.equal(acceptedCoding('zstd, br, gzip', ['gzip']).coding, 'gzip');
  assert.equal(acceptedCoding('*', ['gzip', 'br']).coding, 'gzip');
  assert.equal(acceptedCoding('zstd', ['gzip', 'br']).coding, null);
});
