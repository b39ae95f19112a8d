import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { MAX_RECORDED_BODY, type RecordedBody } from '../../../src/recording/core/recording-vocabulary.ts';
import { SecretNames } from '../../../src/recording/core/secret-names.ts';
import { SmallBody } from '../../../src/recording/small-body.ts';

function recorded(type: string, coding: string, ...pieces: readonly (string | Buffer)[]): RecordedBody | undefined {
  const body = new SmallBody();
  for (const piece of pieces) body.add(Buffer.from(piece));
  return body.recorded(type, coding, new SecretNames([]));
}

test('a body in pieces is recorded as text, without its secrets', () => {
  assert.deepEqual(recorded('application/json; charset=utf-8', '', '{"token":"a', 'bc","ü":1}'), {
    text: '{"token":"***","ü":1}',
  });
  assert.deepEqual(recorded('application/x-www-form-urlencoded', '', 'user=joe&password=x'), {
    text: 'user=joe&password=***',
  });
  assert.deepEqual(recorded('text/plain', '', '{"secret":"x"}'), { text: '{"secret":"***"}' });
  assert.deepEqual(recorded('text/html', '', '<p>hello'), { text: '<p>hello' });
  assert.deepEqual(recorded('application/problem+json', '', '{"a":1}'), { text: '{"a":1}' });
  assert.equal(recorded('application/json', ''), undefined);
});

test('the pieces are copied: those that come are views', () => {
  const body = new SmallBody();
  const view = Buffer.from('first');
  body.add(view);
  view.write('wrong');
  assert.deepEqual(body.recorded('text/plain', '', new SecretNames([])), { text: 'first' });
});

test('a coded body is decoded first, or its secrets could not be found', () => {
  const text = JSON.stringify({ password: 'x', name: 'n' });
  for (const [coding, bytes] of [
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['DEFLATE', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['identity', Buffer.from(text)],
  ] as const)
    assert.deepEqual(recorded('application/json', coding, bytes), { text: '{"password":"***","name":"n"}' }, coding);
});

test('what is too large, not text, coded in another way, or broken, is left out with the reason', () => {
  const large = 'x'.repeat(MAX_RECORDED_BODY);
  assert.deepEqual(recorded('text/plain', '', large), { text: large });
  assert.deepEqual(recorded('text/plain', '', large, 'x', 'y'), { omitted: 'larger than 4096 bytes' });
  assert.deepEqual(recorded('text/plain', 'gzip', gzipSync(`${large}x`)), { omitted: 'content coding gzip' });
  assert.deepEqual(recorded('text/plain', 'gzip', 'not gzip'), { omitted: 'content coding gzip' });
  assert.deepEqual(recorded('text/plain', 'gzip, br', 'x'), { omitted: 'content coding gzip, br' });
  assert.deepEqual(recorded('image/png', '', 'x'), { omitted: 'image/png' });
  assert.deepEqual(recorded('multipart/form-data; boundary=x', '', 'x'), { omitted: 'multipart/form-data' });
  assert.deepEqual(recorded('', '', 'x'), { omitted: 'no media type' });
  assert.deepEqual(recorded('application/json', '', '{"password":'), { omitted: 'not valid JSON' });
});
