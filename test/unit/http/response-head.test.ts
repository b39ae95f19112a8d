import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { responseHead, type ResponseHead } from '../../../src/http/response-head.ts';

function headOf(...fields: (readonly [string, string])[]): ResponseHead {
  return responseHead(fields.flat().map((text) => Buffer.from(text, 'latin1')));
}

describe('fields of a response', () => {
  it('keep order, case and duplicates: several Set-Cookie stay apart', () => {
    const fields = [
      ['Set-Cookie', 'a=1; Path=/'],
      ['X-B', '2'],
      ['set-cookie', 'c=3'],
    ] as const;
    assert.deepEqual(headOf(...fields).fields, fields.flat());
  });

  it('keep bytes that are not ASCII', () => {
    assert.deepEqual(headOf(['x-a', 'caf\xe9']).fields, ['x-a', 'caf\xe9']);
  });

  for (const name of [
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authenticate',
    'Transfer-Encoding',
    'Upgrade',
  ]) {
    it(`do not reach the client when they belong to the connection: ${name}`, () => {
      assert.deepEqual(headOf([name, 'chunked'], ['x-a', '1']).fields, ['x-a', '1']);
    });
  }

  it('do not reach the client when Connection names them, before or after it, in any case', () => {
    const { fields } = headOf(['X-Early', '1'], ['Connection', 'X-Late, x-early'], ['x-late', '2'], ['x-a', 'x-early']);
    assert.deepEqual(fields, ['x-a', 'x-early']);
  });

  it('do not reach the client when the second of two Connection fields names them', () => {
    const { fields } = headOf(['connection', 'x-one'], ['connection', 'x-two'], ['x-two', '2'], ['x-one', '1']);
    assert.deepEqual(fields, []);
  });

  it('do not name the request: the gateway does', () => {
    assert.deepEqual(headOf(['X-Request-ID', 'theirs']).fields, []);
  });

  it('of a head without any are none', () => {
    assert.deepEqual(headOf(), { fields: [], contentLength: -1, isEventStream: false });
  });
});

describe('the length of the body', () => {
  it('is what Content-Length says, which is passed on', () => {
    const head = headOf(['Content-Length', '42']);
    assert.equal(head.contentLength, 42);
    assert.deepEqual(head.fields, ['Content-Length', '42']);
  });

  it('is 0 when it says 0, and −1 when it says nothing', () => {
    assert.equal(headOf(['content-length', '0']).contentLength, 0);
    assert.equal(headOf(['transfer-encoding', 'chunked']).contentLength, -1);
  });

  it('cannot be hidden by naming it in Connection', () => {
    const head = headOf(['connection', 'content-length'], ['content-length', '42']);
    assert.deepEqual(head.fields, ['content-length', '42']);
  });
});

describe('an event stream', () => {
  it('is told by its media type, parameters or not', () => {
    assert.equal(headOf(['Content-Type', 'text/event-stream']).isEventStream, true);
    assert.equal(headOf(['content-type', 'text/event-stream; charset=utf-8']).isEventStream, true);
  });

  it('is told by its media type in any case', () => {
    assert.equal(headOf(['Content-Type', 'Text/Event-Stream ;charset=utf-8']).isEventStream, true);
    assert.equal(headOf(['content-type', 'text/event-streams']).isEventStream, false);
  });

  it('is not told by another type or another field', () => {
    assert.equal(headOf(['content-type', 'application/json']).isEventStream, false);
    assert.equal(headOf(['content-kind', 'text/event-stream']).isEventStream, false);
  });
});
