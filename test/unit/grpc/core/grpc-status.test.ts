import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ErrorCode, ERRORS, GatewayError } from '../../../../src/errors.ts';
import { GRPC, grpcStatusIn, grpcStatusOf, isBackendFailure } from '../../../../src/grpc/core/grpc-status.ts';

describe('the status of an error', () => {
  for (const [code, status] of [
    ['GW_RATE_LIMITED', GRPC.resourceExhausted],
    ['GW_BODY_TOO_LARGE', GRPC.resourceExhausted],
    ['GW_NO_BACKEND', GRPC.unavailable],
    ['GW_BACKEND_UNREACHABLE', GRPC.unavailable],
    ['GW_BACKEND_RESET', GRPC.unavailable],
    ['GW_STOPPING', GRPC.unavailable],
    ['GW_CONNECT_TIMEOUT', GRPC.unavailable],
    ['GW_RESPONSE_TIMEOUT', GRPC.deadlineExceeded],
    ['GW_DENIED', GRPC.permissionDenied],
    ['GW_NO_ROUTE', GRPC.unimplemented],
    ['GW_UNAUTHORIZED', GRPC.unauthenticated],
    ['GW_BACKEND_INVALID', GRPC.internal],
    ['GW_BACKEND_PROTOCOL', GRPC.internal],
  ] as const) {
    test(`${code} is ${status}`, () => assert.equal(grpcStatusOf(new GatewayError(code)), status));
  }

  test('is known for every error that requests can get, and never OK', () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const status = grpcStatusOf(new GatewayError(code));
      assert.ok(status > 0 && status < 17, code);
    }
    assert.equal(grpcStatusOf({ code: 'GW_NEW', statusCode: 418 }), GRPC.unknown);
  });
});

test('the status is read from a head or from trailers, in any case', () => {
  assert.equal(grpcStatusIn(['x-a', '1', 'Grpc-Status', '14']), 14);
  assert.equal(grpcStatusIn(['grpc-status', '0']), 0);
  for (const value of ['', '17', '-1', '1.5', '99', '014', 'OK'])
    assert.equal(grpcStatusIn(['grpc-status', value]), -1);
  assert.equal(grpcStatusIn(['grpc-message', '14']), -1);
});

test('a backend has failed with UNAVAILABLE, INTERNAL, UNKNOWN, or without a status', () => {
  const failures = Array.from({ length: 18 }, (_, at) => at - 1).filter(isBackendFailure);
  assert.deepEqual(failures, [-1, 2, 13, 14]);
});
