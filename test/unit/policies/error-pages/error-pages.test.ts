import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorPages } from '../../../../src/policies/error-pages/error-pages.ts';

const PAGES = {
  '404': '404 {message}',
  '5xx': '<style>a{b:c}</style>\xc3\xa9 {status} {message} {request_id} {other}',
};

function exchange(headers: Readonly<Record<string, string>> = { accept: 'text/html' }, requestId = 'r-1') {
  return { requestId, response: { req: { headers } } } as never;
}

const pages = new ErrorPages({ intercept: true, pagesContent: PAGES });

test('the status comes before its class, and others have no page', () => {
  assert.equal(pages.bodyFor(404, 'm', exchange())?.toString(), '404 m');
  assert.ok(pages.has(503));
  assert.ok(!pages.has(403));
  assert.equal(pages.bodyFor(403, 'm', exchange()), null);
});

test('values are escaped UTF-8, and braces of styles are left alone', () => {
  const body = pages.bodyFor(502, `<script>alert("é")</script>'&`, exchange(undefined, 'a<b'));
  assert.equal(
    body?.toString(),
    '<style>a{b:c}</style>é 502 &lt;script&gt;alert(&quot;é&quot;)&lt;/script&gt;&#39;&amp; a&lt;b {other}',
  );
});

test('only who prefers HTML gets a page', () => {
  for (const [accept, isHtml] of [
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['application/json;q=0.5, text/html', true],
    ['Text/HTML;level=1', true],
    ['application/json, text/html;q=0.9', false],
    ['text/html;q=0', false],
    ['*/*', false],
    ['application/json, text/plain, */*', false],
    ['', false],
  ] as const) {
    assert.equal(pages.bodyFor(404, 'm', exchange({ accept })) !== null, isHtml, accept);
  }
  assert.equal(pages.bodyFor(404, 'm', exchange({})), null);
});

test("a backend's answer is replaced if that is wanted, and there is a page", () => {
  const fields = [
    'Content-Encoding',
    'gzip',
    'Retry-After',
    '9',
    'Set-Cookie',
    'a=1',
    'set-cookie',
    'b=2',
    'ETag',
    '"1"',
  ];
  const html = pages.instead(503, fields, exchange())!;
  assert.deepEqual(html.fields, {
    'content-type': 'text/html; charset=utf-8',
    vary: 'accept',
    'retry-after': ['9'],
    'set-cookie': ['a=1', 'b=2'],
  });
  const json = pages.instead(404, [], exchange({ accept: '*/*' }))!;
  assert.deepEqual(JSON.parse(String(json.body)), { code: 404, message: 'Not Found', request_id: 'r-1' });
  assert.equal(pages.instead(200, [], exchange()), null);
  assert.equal(pages.instead(403, [], exchange()), null);
  assert.equal(pages.instead(503, [], exchange({ accept: 'text/html', 'content-type': 'application/grpc-web' })), null);
  const own = new ErrorPages({ intercept: false, pagesContent: PAGES });
  assert.equal(own.instead(503, [], exchange()), null);
});
