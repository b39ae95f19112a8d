import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptsHtml } from '../../../src/http/accepts-html.ts';

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

test('who wants JSON, or refuses HTML, gets no page', () => {
  for (const accept of ['application/json', 'image/*', 'text/html;q=0', 'text/plain']) {
    assert.equal(acceptsHtml(accept), false, accept);
  }
});
