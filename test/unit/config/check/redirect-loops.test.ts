import assert from 'node:assert/strict';
import { test } from 'node:test';

import { POOL, problemsOf } from '../../../support/config-problems.ts';

function problems(routes: readonly object[]): readonly string[] {
  return problemsOf(`${POOL}routes: ${JSON.stringify([...routes, { name: 'rest', pool: 'default' }])}`);
}

test('a redirect to where another route answers is no loop', () => {
  for (const routes of [
    [
      { path_prefix: '/a', redirect: { path: '/a/b' } },
      { path: '/a/b', pool: 'default' },
    ],
    [
      { path_prefix: '/a', redirect: { path_prefix: '/a/b' } },
      { path_prefix: '/a/b', pool: 'default' },
    ],
    [
      { path_prefix: '/a', redirect: { path: '/a/b' } },
      { path_regex: '^/a/b$', pool: 'default' },
    ],
    [{ path_prefix: '/a', redirect: { path: '/b' } }],
    [{ path: '/a', redirect: { path: '/a/' } }],
    [{ path_regex: '^/u/([0-9]+)$', redirect: { path: '/u/id-{group.1}' } }],
    [{ path_prefix: '/a', redirect: { host: 'b.test', path: '/a/b' } }],
    [{ host: 'a.test', redirect: { scheme: 'https' } }],
    // Unsafe, and said to be.
    [{ path_prefix: '/a', redirect: { scheme: 'https', any_host: true } }],
    [{ path_regex: '^/a/(.*)', redirect: { host: '{group.1}', any_host: true } }],
    [{ path_prefix: '/a', methods: ['POST'], redirect: { path: '/a/done', status: 303 } }],
    [{ path_prefix: '/a', match: { query: { old: '*' } }, redirect: { path: '/a/b?new=1' } }],
  ]) {
    assert.deepEqual(problems(routes), [], JSON.stringify(routes));
  }
});

test('a route of another host, or that is asked later, does not break a loop', () => {
  for (const routes of [
    [
      { path_prefix: '/a', redirect: { path: '/a/b' } },
      { host: 'a.test', path: '/a/b', pool: 'default' },
    ],
    [
      { path_regex: '^/a/', redirect: { path: '/a/b' } },
      { path_regex: '^/a/b', pool: 'default' },
    ],
    [
      { path: '/a/b', redirect: { path: '/a/b?done' } },
      { path_prefix: '/a', pool: 'default' },
    ],
  ]) {
    const [problem, ...more] = problems(routes);
    assert.match(problem ?? '', /leads back to this route: an endless redirect$/, JSON.stringify(routes));
    assert.deepEqual(more, []);
  }
});
