import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DrizzleQueryError } from 'drizzle-orm';
import { classify, driverError, toGatewayError, type Failure } from '../../../drizzle/database-failure.ts';
import { DeadlinePassed } from '../../../drizzle/deadline.ts';
import { GatewayError } from '../../../src/errors.ts';

const coded = (code: string): Error => Object.assign(new Error('words of the driver'), { code });

const rows: readonly (readonly [code: string, failure: Failure])[] = [
  ['23505', 'exists'],
  ['57014', 'busy'],
  ['40P01', 'busy'],
  ['40001', 'busy'],
  ['55P03', 'busy'],
  ['57P01', 'away'],
  ['57P03', 'away'],
  ['53300', 'away'],
  ['53100', 'away'],
  ['28P01', 'away'],
  ['3D000', 'away'],
  ['08006', 'away'],
  ['25006', 'away'],
  ['58030', 'away'],
  ['XX000', 'away'],
  ['23503', 'fault'],
  ['42601', 'fault'],
  ['22P02', 'invalid'],
  ['22021', 'invalid'],
  ['22003', 'invalid'],
  ['ECONNREFUSED', 'away'],
  ['ECONNRESET', 'away'],
  ['EPIPE', 'away'],
  ['ENOENT', 'away'],
  ['ENOTFOUND', 'away'],
  ['CONNECT_TIMEOUT', 'away'],
  ['CONNECTION_CLOSED', 'away'],
  ['CONNECTION_DESTROYED', 'away'],
  ['CONNECTION_ENDED', 'away'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'away'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'away'],
  ['UNDEFINED_VALUE', 'fault'],
  ['ERR_INVALID_ARG_TYPE', 'fault'],
];

describe('a failed query', () => {
  for (const [code, failure] of rows) {
    it(`with ${code} means ${failure}`, () => assert.equal(classify(coded(code)), failure));
  }

  it('means away when nobody answered in time, or every address was refused', () => {
    assert.equal(classify(new DeadlinePassed('late')), 'away');
    assert.equal(classify(new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')])), 'away');
  });

  it('means fault for anything without a code', () => {
    for (const error of [new TypeError('x'), 'text', undefined, null, { code: '57P01' }]) {
      assert.equal(classify(error), 'fault');
    }
  });

  it('is judged by the driver’s error inside drizzle’s, whose parameters go nowhere', () => {
    const cause = coded('23505');
    const wrapped = new DrizzleQueryError('insert', ['secret hash'], cause);
    assert.equal(driverError(wrapped), cause);
    const error = toGatewayError(wrapped);
    assert.ok(error instanceof GatewayError);
    assert.equal(error.code, 'GW_CLIENT_EXISTS');
    assert.equal(error.cause, cause);
  });

  it('that a value of the caller caused becomes GW_VALIDATION', () => {
    assert.equal((toGatewayError(coded('22021')) as GatewayError).code, 'GW_VALIDATION');
  });

  it('that is away or busy becomes GW_DATABASE_UNAVAILABLE with its cause; a fault stays itself', () => {
    for (const code of ['ECONNREFUSED', '57014']) {
      const error = toGatewayError(coded(code)) as GatewayError;
      assert.equal(error.code, 'GW_DATABASE_UNAVAILABLE');
      assert.ok(!error.message.includes('words of the driver'));
      assert.equal((error.cause as Error).message, 'words of the driver');
    }
    const fault = coded('42601');
    assert.equal(toGatewayError(fault), fault);
  });
});
