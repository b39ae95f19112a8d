import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pageLinks } from '../../../src/net/page-links.ts';

describe('links of a page', () => {
  it('lead on and back', () => {
    assert.equal(
      pageLinks('/c?limit=2&offset=3', { limit: 2, offset: 3, total: 9 }),
      '</c?limit=2&offset=5>; rel="next", </c?limit=2&offset=1>; rel="prev"',
    );
  });

  it('are not there for the only page, and end with the last one', () => {
    assert.equal(pageLinks('/c', { limit: 100, offset: 0, total: 100 }), '');
    assert.equal(pageLinks('/c', { limit: 100, offset: 0, total: 101 }), '</c?limit=100&offset=100>; rel="next"');
    assert.equal(pageLinks('/c', { limit: 100, offset: 100, total: 101 }), '</c?limit=100&offset=0>; rel="prev"');
  });

  it('begin with 0 whatever the offset', () => {
    assert.equal(pageLinks('/c', { limit: 100, offset: 7, total: 9 }), '</c?limit=100&offset=0>; rel="prev"');
  });

  it('keep other parameters, encoded, and cannot be broken out of', () => {
    const links = pageLinks('/c?search=%3E%22%0A&kind=ip', { limit: 1, offset: 0, total: 2 });
    assert.equal(links, '</c?search=%3E%22%0A&kind=ip&limit=1&offset=1>; rel="next"');
  });
});
