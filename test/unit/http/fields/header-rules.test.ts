import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CONNECTION,
  CONTENT_LENGTH,
  DROP,
  FORGED,
  FORWARDED,
  FORWARDED_FOR,
  HOST,
  namedByConnection,
  ODD_NAME,
  PASS,
  REQUEST_ID,
  ruleFor,
  TRANSFER_ENCODING,
  TE,
  VIA,
} from '../../../../src/http/fields/header-rules.ts';

for (const name of [
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'upgrade',
  'http2-settings',
  'expect',
]) {
  test(`${name} belongs to one connection and is dropped`, () => assert.equal(ruleFor(name), DROP));
}

for (const name of [
  'x-forwarded-server',
  'x-forwarded-user',
  'x-forwarded-anything-at-all',
  'x-real-ip',
  'forwarded',
  'x_forwarded_user',
  'x_real_ip',
]) {
  test(`${name} is a statement about the client`, () => assert.equal(ruleFor(name), FORWARDED));
}

for (const name of ['x_forwarded_for', 'content_length', 'transfer.encoding', 'x_request-id', 'proxy']) {
  test(`${name} is forged, regardless of the sender`, () => assert.equal(ruleFor(name), FORGED));
}

test('a name with other characters than letters, digits and dashes may be another spelling of a field', () => {
  for (const name of ['my_field', 'X_Api_Key', 'a.b', '__proto__']) assert.equal(ruleFor(name), ODD_NAME, name);
});

test('fields that the gateway handles itself have a rule each', () => {
  const rules = ['connection', 'host', 'x-forwarded-for', 'via', 'x-request-id', 'content-length', 'te'].map(ruleFor);
  assert.deepEqual(rules, [CONNECTION, HOST, FORWARDED_FOR, VIA, REQUEST_ID, CONTENT_LENGTH, TE]);
});

test('all others pass, names of object properties among them', () => {
  for (const name of ['accept', 'trailers', 'x-forward', 'constructor', 'toString', '']) {
    assert.equal(ruleFor(name), PASS, name);
  }
});

test('the case of a name does not matter, at the first lookup and at later ones', () => {
  for (let turn = 0; turn < 2; turn += 1) {
    assert.equal(ruleFor('Transfer-Encoding'), TRANSFER_ENCODING);
    assert.equal(ruleFor('TRANSFER-ENCODING'), TRANSFER_ENCODING);
    assert.equal(ruleFor('tRANSFER-eNCODING'), TRANSFER_ENCODING);
    assert.equal(ruleFor('ACCEPT'), PASS);
  }
});

test('rules hold after a caller has sent thousands of names', () => {
  for (let count = 0; count < 5000; count += 1) assert.equal(ruleFor(`x-made-up-${count}`), PASS);
  assert.equal(ruleFor('pRoXy-AuThOrIzAtIoN'), DROP);
  assert.equal(ruleFor('x-made-up-6000'), PASS);
});

test('Connection names fields, in lower case, without its own options', () => {
  assert.deepEqual(namedByConnection('X-One, keep-alive,\tx-two , close'), ['x-one', 'x-two']);
});

for (const value of ['keep-alive', 'Keep-Alive', 'KEEP-ALIVE', 'close', 'Close', 'close, keep-alive', '', ' , ,']) {
  test(`Connection: ${JSON.stringify(value)} names no field`, () => assert.equal(namedByConnection(value), undefined));
}

test('Connection cannot name what frames or addresses the message', () => {
  assert.equal(namedByConnection('Content-Length, Host'), undefined);
  assert.deepEqual(namedByConnection('content-length, x-one'), ['x-one']);
});
