import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeBackendIds } from '../../../src/config/backend-id.ts';

const backend = (pool: string, url: string, id?: string) => ({ pool, url, id });

test('an id is derived from pool, host, port and path', () => {
  const ids = makeBackendIds([
    backend('default', 'http://127.0.0.1:8081'),
    backend('default', 'https://api.example.com'),
    backend('web', 'http://h/base/v1'),
    backend('web', 'http://[::1]:80'),
    backend('web', 'http://x', 'mine'),
  ]);
  assert.deepEqual(ids, [
    'default-127.0.0.1-8081',
    'default-api.example.com-443',
    'web-h-80-base-v1',
    'web-1-80',
    'mine',
  ]);
});

test('ids do not depend on order or on the other backends', () => {
  const all = [1, 2, 3, 4].map((at) => backend('p', `http://10.0.0.${at}:80`));
  const ids = makeBackendIds(all);
  assert.deepEqual(makeBackendIds(all.toReversed()), ids.toReversed());
  assert.deepEqual(makeBackendIds(all.slice(2)), ids.slice(2));
});

test('backends that read the same get different ids, in any order', () => {
  const all = [
    backend('p', 'http://h:443'),
    backend('p', 'https://h'),
    backend('p', 'http://x', 'p-y-80'),
    backend('p', 'http://y'),
  ];
  const ids = makeBackendIds(all);
  assert.equal(new Set(ids).size, 4);
  assert.equal(ids[2], 'p-y-80');
  assert.deepEqual(makeBackendIds(all.toReversed()), ids.toReversed());
});

test('a derived id is a valid id', () => {
  const ids = makeBackendIds([backend('p', `http://${'a'.repeat(60)}.${'b'.repeat(60)}.com/${'c'.repeat(300)}/%20é`)]);
  assert.match(ids[0]!, /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/);
});
