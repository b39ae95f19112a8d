import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeGrpcMessage,
  formatGrpcTimeout,
  isGrpcType,
  parseGrpcTimeout,
  withGrpcTimeout,
} from '../../../../src/grpc/core/grpc-fields.ts';

test('a request is of gRPC by its content type, with any subtype; gRPC-Web is not', () => {
  for (const type of ['application/grpc', 'application/grpc+proto', 'application/grpc;v=1', 'application/grpc ; v']) {
    assert.equal(isGrpcType(type), true, type);
  }
  for (const type of [
    undefined,
    '',
    'application/grpc-web',
    'application/grpc-web-text',
    'application/grpcx',
    'text/x',
  ]) {
    assert.equal(isGrpcType(type), false, type);
  }
});

test('a timeout has up to eight digits and a unit', () => {
  for (const [text, ms] of [
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3000],
    ['4m', 4],
    ['5000u', 5],
    ['6000000n', 6],
    ['99999999S', 99_999_999_000],
  ] as const) {
    assert.equal(parseGrpcTimeout(text), ms, text);
  }
  for (const text of [undefined, '', '1', 'S', '1s', '-1S', '1.5S', '123456789m', '1 S']) {
    assert.equal(parseGrpcTimeout(text), undefined, text);
  }
});

test('a timeout is written in the smallest unit that has room, and never more than there is', () => {
  for (const [ms, text] of [
    [-5, '1u'],
    [0, '1u'],
    [0.0015, '1u'],
    [1.5, '1500u'],
    [99_999.999, '99999999u'],
    [100_000, '100000m'],
    [99_999_999, '99999999m'],
    [100_000_000, '100000S'],
    [1e15, '99999999S'],
  ] as const) {
    assert.equal(formatGrpcTimeout(ms), text, String(ms));
  }
});

test('a timeout replaces the client’s, whatever its case', () => {
  const fields = ['x-a', '1', 'Grpc-Timeout', '9S', 'x-b', '2'];
  assert.deepEqual(withGrpcTimeout(fields, 20), ['x-a', '1', 'x-b', '2', 'grpc-timeout', '20000u']);
  assert.equal(fields.length, 6);
});

test('a message is percent-encoded UTF-8', () => {
  assert.equal(encodeGrpcMessage('plain text ~'), 'plain text ~');
  assert.equal(encodeGrpcMessage('50% ü\n'), '50%25 %C3%BC%0A');
});
