import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError, type ErrorCode } from '../../../src/errors.ts';
import { requestError } from '../../../src/api/request-error.ts';

const explain = (): [] => [];
const seen = (code: string | undefined, statusCode?: number): Error =>
  Object.assign(new Error('words'), { code, statusCode });

const rows: readonly (readonly [code: string | undefined, status: number | undefined, ours: ErrorCode])[] = [
  ['FST_ERR_CTP_INVALID_JSON_BODY', 400, 'GW_BAD_JSON'],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', 400, 'GW_BAD_JSON'],
  ['FST_ERR_CTP_BODY_TOO_LARGE', 413, 'GW_BODY_TOO_LARGE'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 415, 'GW_UNSUPPORTED_MEDIA_TYPE'],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 400, 'GW_BAD_REQUEST'],
  ['FST_ERR_BAD_URL', 400, 'GW_BAD_PATH'],
  ['FST_ERR_MAX_PARAM_LENGTH', 414, 'GW_NOT_FOUND'],
  [undefined, 401, 'GW_UNAUTHORIZED'],
  [undefined, 403, 'GW_FORBIDDEN'],
  [undefined, 404, 'GW_NOT_FOUND'],
  [undefined, 405, 'GW_METHOD_NOT_ALLOWED'],
  [undefined, 408, 'GW_REQUEST_TIMEOUT'],
  [undefined, 413, 'GW_BODY_TOO_LARGE'],
  [undefined, 418, 'GW_BAD_REQUEST'],
  [undefined, 500, 'GW_INTERNAL'],
  [undefined, 503, 'GW_INTERNAL'],
  [undefined, 200, 'GW_INTERNAL'],
  ['ECONNREFUSED', undefined, 'GW_INTERNAL'],
  [undefined, undefined, 'GW_INTERNAL'],
];

describe('an error of a request', () => {
  for (const [code, status, ours] of rows) {
    it(`with code ${code} and status ${status} is ${ours}, and keeps its words to itself`, () => {
      const cause = seen(code, status);
      const error = requestError(cause, explain);
      assert.equal(error.code, ours);
      assert.equal(error.cause, cause);
      assert.ok(!error.message.includes('words'));
    });
  }

  it('of ours stays itself', () => {
    const error = new GatewayError('GW_CLIENT_EXISTS');
    assert.equal(requestError(error, explain), error);
  });

  it('may be anything that was thrown', () => {
    for (const thrown of [undefined, null, 'text', 7, {}])
      assert.equal(requestError(thrown, explain).code, 'GW_INTERNAL');
  });

  it('of the validator names the fields, in the part that was validated', () => {
    const cause = Object.assign(new Error('words'), {
      statusCode: 400,
      validation: [1],
      validationContext: 'querystring',
    });
    const error = requestError(cause, (errors, part) => [{ field: part, message: String(errors.length) }]);
    assert.equal(error.code, 'GW_VALIDATION');
    assert.deepEqual(error.details, [{ field: 'querystring', message: '1' }]);
  });
});
