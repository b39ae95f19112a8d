import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  time,
  utf8String,
} from '../../../../src/certificates/core/der.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('every type has its tag, its length and its content', () => {
  assert.equal(hex(sequence(boolean(true), boolean(false))), '30060101ff010100');
  assert.equal(hex(setOf(utf8String('ü'))), '31040c02c3bc');
  assert.equal(hex(octetString(Uint8Array.of(1, 2))), '04020102');
  assert.equal(hex(bitString(Uint8Array.of(0x06), 1)), '03020106');
  assert.equal(hex(explicit(3, boolean(true))), 'a3030101ff');
  assert.equal(hex(implicit(2, Uint8Array.of(0x61))), '820161');
});

test('an integer is as short as possible and never negative', () => {
  assert.equal(hex(integer(Uint8Array.of())), '020100');
  assert.equal(hex(integer(Uint8Array.of(0, 0))), '020100');
  assert.equal(hex(integer(Uint8Array.of(0, 0x7f))), '02017f');
  assert.equal(hex(integer(Uint8Array.of(0x80, 1))), '0203008001');
});

test('a length from 128 bytes on has a length of its own', () => {
  assert.equal(hex(octetString(new Uint8Array(127))).slice(0, 4), '047f');
  assert.equal(hex(octetString(new Uint8Array(128))).slice(0, 6), '048180');
  assert.equal(hex(octetString(new Uint8Array(256))).slice(0, 8), '04820100');
});

test('object identifiers are as X.690 encodes them', () => {
  assert.equal(hex(objectIdentifier('1.2.840.10045.4.3.2')), '06082a8648ce3d040302');
  assert.equal(hex(objectIdentifier('2.5.29.17')), '0603551d11');
});

test('a time has two digits for its year until 2049, then four', () => {
  const text = (iso: string): string => `${time(iso)[0]} ${Buffer.from(time(iso).subarray(2)).toString()}`;
  assert.equal(text('2026-11-30T20:45:01.999Z'), '23 261130204501Z');
  assert.equal(text('2049-12-31T23:59:59.000Z'), '23 491231235959Z');
  assert.equal(text('2050-01-01T00:00:00.000Z'), '24 20500101000000Z');
});
