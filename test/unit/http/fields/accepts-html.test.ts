import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptsHtml } from '../../../../src/http/fields/accepts-html.ts';

test('a browser, curl and nothing at all take a page', () => {
  for (const accept of [
    undefined,
    '',
    'text/html,application/xhtml+xml;q=0.9',
    '*/*',
    'application/json, text/*;q=0.5',
  ]) {
    assert.equal(acceptsHtml(accept), true, accept);
  }
});

test('clients that want JSON, or refuse HTML, get no page', () => {
  for (const accept of ['application/json', 'image/*', 'text/html;q=0', 'text/plain']) {
    assert.equal(acceptsHtml(accept), false, accept);
  }
});
