import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errors } from 'undici';
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
  ['BACKEND_CONNECTION_CUT', 'GW_BACKEND_RESET', 502, 'failure'],
  ['EPIPE', 'GW_BACKEND_RESET', 502, 'failure'],
  ['UND_ERR_SOCKET', 'GW_BACKEND_RESET', 502, 'failure'],
  ['UND_ERR_INFO', 'GW_BACKEND_RESET', 502, 'failure'],
  ['ERR_SOCKET_CONNECTION_TIMEOUT', 'GW_CONNECT_TIMEOUT', 504, 'failure'],
  ['ETIMEDOUT', 'GW_CONNECT_TIMEOUT', 504, 'failure'],
  ['UND_ERR_CONNECT_TIMEOUT', 'GW_CONNECT_TIMEOUT', 504, 'failure'],
  ['UND_ERR_HEADERS_TIMEOUT', 'GW_RESPONSE_TIMEOUT', 504, 'timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'GW_RESPONSE_TIMEOUT', 504, 'timeout'],
  ['UND_ERR_HEADERS_OVERFLOW', 'GW_BACKEND_HEAD_TOO_LARGE', 502, 'failure'],
  ['HPE_HEADER_OVERFLOW', 'GW_BACKEND_HEAD_TOO_LARGE', 502, 'failure'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'GW_BACKEND_INVALID', 502, 'failure'],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'GW_BACKEND_INVALID', 502, 'failure'],
  ['UND_ERR_RESPONSE', 'GW_BACKEND_INVALID', 502, 'failure'],
  ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'GW_BAD_REQUEST', 400, 'none'],
  ['UND_ERR_INVALID_ARG', 'GW_BAD_REQUEST', 400, 'none'],
  ['UND_ERR_NOT_SUPPORTED', 'GW_BAD_REQUEST', 400, 'none'],
  ['UND_ERR_ABORTED', 'GW_REQUEST_TIMEOUT', 408, 'none'],
  ['UND_ERR_ABORT', 'GW_REQUEST_TIMEOUT', 408, 'none'],
  ['ABORT_ERR', 'GW_REQUEST_TIMEOUT', 408, 'none'],
  ['UND_ERR', 'GW_INTERNAL', 500, 'none'],
  ['UND_ERR_INVALID_RETURN_VALUE', 'GW_INTERNAL', 500, 'none'],
  ['UND_ERR_BPL_MISSING_UPSTREAM', 'GW_INTERNAL', 500, 'none'],
  ['UND_ERR_MAX_ORIGINS_REACHED', 'GW_INTERNAL', 500, 'none'],
  ['UND_ERR_REQ_RETRY', 'GW_INTERNAL', 500, 'none'],
  ['UND_ERR_PRX_TLS', 'GW_INTERNAL', 500, 'none'],
  ['UND_ERR_SOCKS5', 'GW_INTERNAL', 500, 'none'],
  ['UND_ERR_WS_MESSAGE_SIZE_EXCEEDED', 'GW_INTERNAL', 500, 'none'],
  ['UND_ERR_CLOSED', 'GW_STOPPING', 503, 'none'],
  ['UND_ERR_DESTROYED', 'GW_STOPPING', 503, 'none'],
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

  it('of every class that undici exports has a row', () => {
    const codes = Object.values(errors).map((ErrorClass) => {
      const create = ErrorClass as unknown as new (message: string, code: undefined, details: object) => Error;
      return (new create('broken', undefined, {}) as { code?: string }).code;
    });
    assert.ok(codes.length >= 20);
    // The parser's error has a code of its own each time: HPE_….
    const missing = codes.filter((code) => code !== undefined && !Object.hasOwn(TRANSPORT_ERRORS, code));
    assert.deepEqual(missing, []);
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

  it('of the HTTP parser is an invalid response', () => {
    for (const code of ['HPE_INVALID_CONSTANT', 'HPE_INVALID_EOF_STATE']) {
      assert.deepEqual(transportError(withCode(code)), { code: 'GW_BACKEND_INVALID', outcome: 'failure' });
    }
  });

  it('of the HTTP parser has no code in undici 7, and is recognized by its name', () => {
    const error = new errors.HTTPParserError('Response does not match the HTTP/1.1 protocol');
    assert.equal(transportError(error).code, 'GW_BACKEND_INVALID');
  });

  it('without a row is a broken connection', () => {
    const broken = { code: 'GW_BACKEND_RESET', outcome: 'failure' };
    for (const code of ['EWHATEVER', 'constructor', '__proto__', '', undefined, null, 42]) {
      assert.deepEqual(transportError(withCode(code)), broken, String(code));
    }
    for (const error of [undefined, null, 'ECONNREFUSED', 42, {}]) assert.deepEqual(transportError(error), broken);
  });
});
