import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routesOf } from '../../../dashboard/src/views/routes/route-settings.ts';

const matchOf = (route: object): string | undefined => routesOf([{ name: 'a', pool: 'web', ...route }])[0]?.match;
const notesOf = (route: object): readonly string[] | undefined => routesOf([{ name: 'a', ...route }])[0]?.notes;

test('a route shows its own kind of path, although the settings have a prefix for each', () => {
  assert.equal(matchOf({ path: '/login', path_prefix: '/' }), '/login$');
  assert.equal(matchOf({ path_regex: '^/v[0-9]+/', path_prefix: '/' }), '~^/v[0-9]+/');
  assert.equal(matchOf({ host: 'a.example', path_prefix: '/api', methods: ['GET', 'PUT'] }), 'GET,PUT a.example/api');
  assert.equal(matchOf({}), '/');
});

test('conditions of match are shown after the path', () => {
  const match = { headers: { 'x-version': '2' }, headers_regex: {}, query: { beta: '*' }, query_regex: { id: '^1' } };
  assert.equal(matchOf({ path_prefix: '/api', match }), '/api [x-version=2] [?beta=*] [?id~^1]');
});

test('notes name the policies of a route', () => {
  const forwarded = {
    pool: 'web',
    timeout: '2m',
    auth: { forward_key: true, jwt: {}, basic: null, anyone: false },
    quota: {},
    plugins: ['tenant'],
  };
  assert.deepEqual(notesOf(forwarded), ['timeout 2m', 'auth jwt', 'quota', 'plugins tenant']);
  assert.deepEqual(notesOf({ pool: 'web', auth: { anyone: true } }), []);
});

test('a route without a pool says what it answers, and no timeout', () => {
  assert.deepEqual(notesOf({ redirect: { status: 308 }, timeout: '2m' }), ['redirect 308']);
  assert.deepEqual(notesOf({ respond: { status: 503 }, timeout: '2m' }), ['answer 503']);
  assert.deepEqual(routesOf([{ name: 'a', respond: {} }])[0]!.pools, []);
});
