import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { responseHead, type ResponseHead } from '../../../../src/forwarding/message/response-head.ts';
import { answerTrailers } from '../../../../src/http/fields/trailers.ts';

function headOf(...fields: (readonly [string, string])[]): ResponseHead {
  return responseHead(fields.flat());
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
    assert.deepEqual(headOf(), {
      fields: [],
      contentLength: -1,
      isEventStream: false,
      isForeignCoded: false,
      trailer: null,
    });
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
  it('is recognized by its media type, with or without parameters', () => {
    assert.equal(headOf(['Content-Type', 'text/event-stream']).isEventStream, true);
    assert.equal(headOf(['content-type', 'text/event-stream; charset=utf-8']).isEventStream, true);
  });

  it('is recognized by its media type in any case', () => {
    assert.equal(headOf(['Content-Type', 'Text/Event-Stream ;charset=utf-8']).isEventStream, true);
    assert.equal(headOf(['content-type', 'text/event-streams']).isEventStream, false);
  });

  it('is not recognized by another type or another field', () => {
    assert.equal(headOf(['content-type', 'application/json']).isEventStream, false);
    assert.equal(headOf(['content-kind', 'text/event-stream']).isEventStream, false);
  });
});

describe('a transfer coding', () => {
  it('is foreign unless it is chunked, once', () => {
    for (const value of ['chunked', 'Chunked']) assert.ok(!headOf(['Transfer-Encoding', value]).isForeignCoded, value);
    for (const value of ['gzip, chunked', 'chunked, gzip', 'gzip', 'identity', 'chunked;q=1', '']) {
      assert.ok(headOf(['Transfer-Encoding', value]).isForeignCoded, value);
    }
    assert.ok(
      headOf(['te', 'chunked'], ['transfer-encoding', 'gzip'], ['transfer-encoding', 'chunked']).isForeignCoded,
    );
    assert.ok(headOf(['transfer-encoding', 'chunked'], ['transfer-encoding', 'chunked']).isForeignCoded);
  });
});

describe('trailers', () => {
  it('are announced apart from the fields', () => {
    const head = headOf(['Trailer', 'X-A'], ['trailer', 'X-B']);
    assert.equal(head.trailer, 'X-A, X-B');
    assert.deepEqual(head.fields, []);
  });

  it('that frame, route, authenticate or belong to the connection are dropped', () => {
    const raw = [
      'X-Sum',
      '1',
      'Content-Length',
      '2',
      'Transfer-Encoding',
      'x',
      'Set-Cookie',
      'a=1',
      'host',
      'h',
      'X',
      '2',
    ];
    assert.deepEqual(answerTrailers(raw), [
      ['X-Sum', '1'],
      ['X', '2'],
    ]);
  });
});
