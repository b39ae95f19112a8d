import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GrpcCall } from '../../../src/forwarding/grpc-call.ts';
import type { ClientRequest } from '../../../src/http/client-side.ts';

function request(headers: Record<string, string>): ClientRequest {
  return { headers: { 'content-type': 'application/grpc', ...headers } } as unknown as ClientRequest;
}

describe('a call of gRPC', () => {
  test('is none with another content type', () => {
    assert.equal(GrpcCall.of(request({ 'content-type': 'application/json' }), 0, 0), null);
  });

  test('has the smaller one of both deadlines', () => {
    for (const [clients, routeMs, timeoutMs, isClients] of [
      ['5S', 10_000, 5000, true],
      ['5S', 1000, 1000, false],
      ['5S', 0, 5000, true],
      [undefined, 1000, 1000, false],
      ['nonsense', 1000, 1000, false],
      ['0n', 1000, 1, true],
      ['99999999H', 0, 2 ** 31 - 1, true],
    ] as const) {
      const call = GrpcCall.of(request(clients === undefined ? {} : { 'grpc-timeout': clients }), routeMs, 0)!;
      assert.deepEqual([call.timeoutMs, call.isClients], [timeoutMs, isClients], `${clients} ${routeMs}`);
    }
  });

  test('forwards what is left of it, if the client had set one', () => {
    const asked = request({ 'grpc-timeout': '5S' });
    const call = GrpcCall.of(asked, 10_000, 1000)!;
    assert.deepEqual(call.headAt(3000, ['grpc-timeout', '5S'], asked), ['grpc-timeout', '3000000u']);
    const free = request({});
    assert.deepEqual(GrpcCall.of(free, 10_000, 1000)!.headAt(3000, ['x-a', '1'], free), ['x-a', '1']);
  });

  test('says by its status whether the backend has failed', () => {
    for (const [status, outcome] of [
      ['0', 'success'],
      ['5', 'success'],
      ['8', 'success'],
      ['14', 'failure'],
      ['13', 'failure'],
      ['2', 'failure'],
      [undefined, 'failure'],
    ] as const) {
      const call = GrpcCall.of(request({}), 10_000, 0)!;
      call.learn(status === undefined ? [] : ['grpc-status', status]);
      assert.equal(call.outcome, outcome, status);
    }
  });

  test('a missed deadline counts, unless the client had set one below a second', () => {
    for (const [clients, outcome] of [
      ['2S', 'timeout'],
      ['1S', 'timeout'],
      ['999m', 'none'],
      ['60S', 'timeout'],
    ] as const) {
      const call = GrpcCall.of(request({ 'grpc-timeout': clients }), 10_000, 0)!;
      call.learn(['grpc-status', '4']);
      assert.equal(call.outcome, outcome, clients);
    }
  });
});
