import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FixedAnswer, type RespondSettings } from '../../../../src/policies/respond/fixed-answer.ts';

const SETTINGS: RespondSettings = {
  status: 200,
  body: null,
  file: null,
  fileContent: null,
  contentType: null,
  headers: {},
};

function ask(settings: Partial<RespondSettings>, method = 'GET', headers: Readonly<Record<string, string>> = {}) {
  return new FixedAnswer({ ...SETTINGS, ...settings }).answerTo({ response: { req: { method, headers } } });
}

test('a text is UTF-8, a file what its name says, and both what the settings say', () => {
  const text = ask({ body: 'é' });
  assert.deepEqual(text.body, Buffer.from('é'));
  assert.equal(text.fields['content-type'], 'text/plain; charset=utf-8');
  const file = ask({ file: 'a/down.HTML', fileContent: '<p>\xc3\xa9' });
  assert.deepEqual(file.body, Buffer.from('<p>é'));
  assert.equal(file.fields['content-type'], 'text/html; charset=utf-8');
  assert.equal(ask({ file: 'a', fileContent: '\xff' }).fields['content-type'], 'application/octet-stream');
  assert.equal(ask({ body: '{}', contentType: 'application/json' }).fields['content-type'], 'application/json');
});

test('an empty answer has neither type nor tag', () => {
  assert.deepEqual(ask({ status: 204, headers: { 'X-A': 'b' } }).fields, { 'x-a': 'b' });
});

test('a client that has the answer already gets 304, whatever else it has', () => {
  const etag = String(ask({ body: 'a' }).fields['etag']);
  assert.match(etag, /^"[\w-]{22}"$/);
  const tags = (field: string, method = 'GET', more: Partial<RespondSettings> = {}) =>
    ask({ body: 'a', ...more }, method, { 'if-none-match': field }).status;
  assert.equal(tags(etag), 304);
  assert.equal(tags(`"x", W/${etag}`, 'HEAD'), 304);
  assert.equal(tags('*'), 304);
  assert.equal(tags(etag, 'POST'), 200);
  assert.equal(tags(etag, 'GET', { body: 'b' }), 200);
  assert.equal(tags('no tag'), 200);
  assert.equal(tags(etag, 'GET', { status: 503 }), 503);
  const own = ask({ body: 'a', headers: { etag: '"1"' } }, 'GET', { 'if-none-match': '"1"' });
  assert.equal(own.status, 200);
  assert.equal(own.fields['etag'], '"1"');
});
