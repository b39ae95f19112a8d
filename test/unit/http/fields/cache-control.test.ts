import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePrivate } from '../../../../src/http/fields/cache-control.ts';

/** What the backend says, and what the client gets. */
const CASES: readonly (readonly [backends: readonly string[], clients: string])[] = [
  [[], 'private'],
  [['max-age=60'], 'private, max-age=60'],
  [['public, max-age=60, s-maxage=600'], 'private, max-age=60'],
  [['Public', 'MAX-AGE=60'], 'private, MAX-AGE=60'],
  [['private'], 'private'],
  [['private="set-cookie, x", max-age=5'], 'private, max-age=5'],
  [['no-store'], 'no-store'],
  [['no-store, public'], 'no-store'],
  [['no-cache="a, public"'], 'private, no-cache="a, public"'],
  [['no-cache="a\\", public, b'], 'private, no-cache="a\\", public, b'],
  [[''], 'private'],
  [[', ,'], 'private'],
  [['publication=1'], 'private, publication=1'],
];

for (const [backends, clients] of CASES) {
  test(`${JSON.stringify(backends)} becomes ${clients}`, () => {
    const fields = [
      'content-type',
      'text/html',
      ...backends.flatMap((value) => ['Cache-Control', value]),
      'etag',
      '"1"',
    ];
    makePrivate(fields);
    assert.deepEqual(fields, ['content-type', 'text/html', 'etag', '"1"', 'cache-control', clients]);
  });
}
