import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acceptedVersions, assertNotNamed, entityTag, namesTag } from '../../../src/net/entity-tag.ts';
import { cpuMs } from '../../support/cpu-time.ts';

const rows: readonly (readonly [field: string | undefined, versions: readonly number[] | undefined])[] = [
  [undefined, undefined],
  ['*', undefined],
  [' * ', undefined],
  ['"1"', [1]],
  ['"0"', [0]],
  ['"1","22"', [1, 22]],
  ['"1" , "22",', [1, 22]],
  [', "1"', [1]],
  ['W/"1"', []],
  ['W/"1", "2"', [2]],
  ['"x,y"', []],
  ['"01"', []],
  ['"00"', []],
  ['"1.0"', []],
  ['"99999999999"', []],
  ['""', []],
];

describe('If-Match', () => {
  for (const [field, versions] of rows) {
    it(`${field} accepts ${versions === undefined ? 'any version' : `[${versions.join()}]`}`, () => {
      assert.deepEqual(acceptedVersions(field), versions);
    });
  }

  for (const field of ['', '1', '"1', '1"', '"1" "2"', '"1", *', '*,*', 'w/"1"', '"a"b"', ',']) {
    it(`${JSON.stringify(field)} is malformed`, () => {
      assert.throws(() => acceptedVersions(field), { code: 'GW_BAD_REQUEST' });
    });
  }

  it('accepts the tag we give', () => assert.deepEqual(acceptedVersions(entityTag(42)), [42]));

  it('is judged in linear time', () => {
    for (const field of [`"1"${' ,'.repeat(50_000)}x`, `${','.repeat(50_000)}x`]) {
      assert.ok(cpuMs(() => assert.throws(() => acceptedVersions(field))) < 200);
    }
  });
});

describe('If-None-Match', () => {
  for (const [field, isNamed] of [
    ['"1"', true],
    ['W/"1"', true],
    ['*', true],
    ['"0", "1"', true],
    ['"2"', false],
    ['W/"2", "11"', false],
  ] as const) {
    it(`${field} ${isNamed ? 'names' : 'does not name'} version 1`, () => {
      assert.equal(namesTag(field, entityTag(1)), isNamed);
      assert.equal(namesTag(field, `W/${entityTag(1)}`), isNamed);
      if (isNamed) assert.throws(() => assertNotNamed(field, 1), { code: 'GW_PRECONDITION_FAILED' });
      else assertNotNamed(field, 1);
    });
  }

  it('left out forbids nothing', () => assertNotNamed(undefined, 1));

  it('is malformed like If-Match', () => {
    assert.throws(() => namesTag('1', entityTag(1)), { code: 'GW_BAD_REQUEST', message: /If-None-Match/ });
  });
});
