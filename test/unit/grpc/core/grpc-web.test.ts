import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nativeType, trailerFrame, webCoding, webType } from '../../../../src/grpc/core/grpc-web.ts';

test('a content type of gRPC-Web says whether everything is base64', () => {
  for (const [type, coding] of [
    ['application/grpc-web', 'binary'],
    ['application/grpc-web+proto', 'binary'],
    ['application/grpc-web; charset=x', 'binary'],
    ['application/grpc-web-text', 'text'],
    ['application/grpc-web-text+json;x', 'text'],
    ['application/grpc-webx', null],
    ['application/grpc', null],
    ['application/json', null],
    [undefined, null],
  ] as const) {
    assert.equal(webCoding(type), coding, type);
  }
});

test('types are translated with their subtype', () => {
  assert.equal(nativeType('application/grpc-web'), 'application/grpc');
  assert.equal(nativeType('application/grpc-web-text+json'), 'application/grpc+json');
  assert.equal(webType('application/grpc', 'binary'), 'application/grpc-web+proto');
  assert.equal(webType('application/grpc+json', 'text'), 'application/grpc-web-text+json');
  assert.equal(webType('text/html', 'binary'), undefined);
});

test('trailers are a frame of lines', () => {
  const frame = Buffer.from(
    trailerFrame([
      ['Grpc-Status', '0'],
      ['x-a', '\xe9'],
    ]),
  );
  const lines = 'grpc-status: 0\r\nx-a: \xe9\r\n';
  assert.equal(frame.toString('latin1'), `\x80\0\0\0${String.fromCharCode(lines.length)}${lines}`);
});
