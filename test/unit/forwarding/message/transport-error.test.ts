import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ERRORS } from '../../../../src/errors.ts';
import { TRANSPORT_ERRORS, transportError } from '../../../../src/forwarding/message/transport-error.ts';

const withCode = (code: unknown): Error => Object.assign(new Error('broken'), { code });

/** Code of the error, what the client gets, its status, and whether it counts against the backend. */
const rows = [
  ['ECONNREFUSED', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['ENOTFOUND', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['EAI_AGAIN', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['EHOSTUNREACH', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['ENETUNREACH', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['EADDRNOTAVAIL', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['EAI_FAIL', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['EHOSTDOWN', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['ENETDOWN', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['EPERM', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['ENOBUFS', 'GW_BACKEND_UNREACHABLE', 502, 'none'],
  ['ENOMEM', 'GW_BACKEND_UNREACHABLE', 502, 'none'],
  ['EACCES', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['ENOENT', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['EMFILE', 'GW_BACKEND_UNREACHABLE', 502, 'none'],
  ['ENFILE', 'GW_BACKEND_UNREACHABLE', 502, 'none'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['HOSTNAME_MISMATCH', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['INVALID_CA', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['INVALID_PURPOSE', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['EPROTO', 'GW_BACKEND_UNREACHABLE', 502, 'failure'],
  ['ECONNRESET', 'GW_BACKEND_RESET', 502, 'failure'],
  ['ECONNABORTED', 'GW_BACKEND_RESET', 502, 'failure'],
  ['UPSTREAM_CUT', 'GW_BACKEND_RESET', 502, 'failure'],
  ['UPSTREAM_CONNECT_TIMEOUT', 'GW_CONNECT_TIMEOUT', 504, 'failure'],
  ['UPSTREAM_HEAD_TIMEOUT', 'GW_RESPONSE_TIMEOUT', 504, 'timeout'],
  ['UPSTREAM_HEAD_TOO_LARGE', 'GW_BACKEND_HEAD_TOO_LARGE', 502, 'failure'],
  ['UPSTREAM_INVALID', 'GW_BACKEND_INVALID', 502, 'failure'],
  ['UPSTREAM_NO_HTTP2', 'GW_BACKEND_PROTOCOL', 502, 'failure'],
  ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 'GW_BACKEND_PROTOCOL', 502, 'failure'],
  ['UPSTREAM_UNPROCESSED', 'GW_BACKEND_RESET', 502, 'failure'],
  ['UPSTREAM_FULL', 'GW_CONNECTIONS_FULL', 503, 'none'],
  ['UPSTREAM_DESTROYED', 'GW_STOPPING', 503, 'none'],
  ['REQUEST_ABORTED', 'GW_REQUEST_TIMEOUT', 408, 'none'],
  ['EPIPE', 'GW_BACKEND_RESET', 502, 'failure'],
  ['ERR_SOCKET_CONNECTION_TIMEOUT', 'GW_CONNECT_TIMEOUT', 504, 'failure'],
  ['ETIMEDOUT', 'GW_CONNECT_TIMEOUT', 504, 'failure'],
] as const;

describe('a transport error', () => {
  for (const [code, answer, status, outcome] of rows) {
    it(`${code} is answered ${status} ${answer}, and is ${outcome === 'none' ? 'no' : 'a'} failure of the backend`, () => {
      assert.deepEqual(transportError(withCode(code)), { code: answer, outcome });
      assert.equal(ERRORS[answer][0], status);
    });
  }

  it('has a tested row', () => {
    assert.deepEqual(Object.keys(TRANSPORT_ERRORS).toSorted(), rows.map(([code]) => code).toSorted());
  });

  it('of TLS is an unreachable backend, whatever is wrong', () => {
    for (const code of [
      'CERT_HAS_EXPIRED',
      'CERT_NOT_YET_VALID',
      'CERT_REVOKED',
      'ERR_SSL_WRONG_VERSION_NUMBER',
      'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ]) {
      assert.deepEqual(transportError(withCode(code)), { code: 'GW_BACKEND_UNREACHABLE', outcome: 'failure' }, code);
    }
  });

  it('of several addresses that were all tried has the code of the first', () => {
    const all = Object.assign(new AggregateError([withCode('ECONNREFUSED')]), { code: 'ECONNREFUSED' });
    assert.equal(transportError(all).code, 'GW_BACKEND_UNREACHABLE');
  });

  it('without a row is a broken connection', () => {
    const broken = { code: 'GW_BACKEND_RESET', outcome: 'failure' };
    for (const code of ['EWHATEVER', 'constructor', '__proto__', '', undefined, null, 42]) {
      assert.deepEqual(transportError(withCode(code)), broken, String(code));
    }
    for (const error of [undefined, null, 'ECONNREFUSED', 42, {}]) assert.deepEqual(transportError(error), broken);
  });
});
