import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorBody, GatewayError } from '../../../src/errors.ts';
import { errorAnswer } from '../../../src/http/error-answer.ts';

test('the body is that of the error, the first time and after it, whatever the id of the request', () => {
  const error = new GatewayError('GW_RATE_LIMITED');
  for (const id of ['a-1', 'a-2', '"request_id":""', 'back\\slash', '']) {
    const { body, encoding, fields } = errorAnswer(error, id);
    assert.deepEqual(JSON.parse(body), errorBody(error, id));
    assert.equal(body, JSON.stringify(errorBody(error, id)));
    assert.equal(encoding, 'latin1');
    assert.equal(fields[fields.indexOf('content-length') + 1], String(Buffer.byteLength(body)));
  }
});

test('an error with a message or details of its own has those, and leaves the others as they are', () => {
  const usual = new GatewayError('GW_BAD_REQUEST');
  const own = new GatewayError('GW_BAD_REQUEST', { message: 'Größer', details: [{ field: 'a', message: 'b' }] });
  const before = errorAnswer(usual, 'x');
  const { body, encoding } = errorAnswer(own, 'x');
  assert.deepEqual(JSON.parse(body), errorBody(own, 'x'));
  assert.equal(encoding, 'utf8');
  assert.deepEqual(errorAnswer(usual, 'x'), before);
});
