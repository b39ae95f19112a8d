import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadText, loadWithReferences } from '../../../src/config/load.ts';
import { toFile } from '../../../src/config/to-file.ts';
import { RouteSchema } from '../../../src/config/schema/route/route-schema.ts';
import { ROUTE_DEFAULT_KEYS } from '../../../src/config/schema/route/route-defaults-schema.ts';
import { POOL, problemsOf } from '../../support/config-problems.ts';

const load = (yaml: string) => loadText(POOL + yaml, 'c.yaml', {}, {}).routes;

test('a route inherits what it does not set, key by key', () => {
  const [inheriting, own, alone] =
    load(`route_defaults: { timeout: 5s, security_headers: true, response_headers: { remove: [server] } }
routes:
  - { path: /a, pool: default }
  - { path: /b, pool: default, timeout: 1s, response_headers: { set: { x-a: b } } }
  - { path: /c, pool: default, inherit: false }
`);
  assert.deepEqual(
    [inheriting, own, alone].map((route) => [route!.timeoutMs, route!.securityHeaders, route!.responseHeaders.remove]),
    [
      [5000, true, ['server']],
      [1000, true, []],
      [120_000, false, []],
    ],
  );
});

test('the route of a file without routes inherits, too', () => {
  const [route, ...more] = load('route_defaults: { cors: { origins: ["*"] } }\n');
  assert.deepEqual(more, []);
  assert.deepEqual([route!.name, route!.pool, route!.cors?.origins], ['/', 'default', ['*']]);
});

test('every policy can be inherited, and nothing that tells routes apart', () => {
  const left = Object.keys(RouteSchema.properties).filter((key) => !ROUTE_DEFAULT_KEYS.includes(key));
  assert.deepEqual(left.toSorted(), [
    'host',
    'inherit',
    'match',
    'methods',
    'name',
    'path',
    'path_prefix',
    'path_regex',
    'pool',
    'redirect',
    'respond',
    'rewrite',
    'split',
    'split_by',
    'strip_prefix',
  ]);
  for (const key of ['request_headers', 'cors', 'auth', 'compression', 'security_headers', 'rate_limit', 'allow']) {
    assert.ok(ROUTE_DEFAULT_KEYS.includes(key), key);
  }
});

test('a mistake in what is inherited is reported once, where it is written', () => {
  const routes = 'routes: [{ path: /a, pool: default }, { path: /b, pool: default }]\n';
  assert.deepEqual(problemsOf(`${POOL}route_defaults: { cors: { origins: ["*"], credentials: true } }\n${routes}`), [
    'c.yaml:2:37: route_defaults.cors.origins.0: with credentials, every page could act for its visitors; name the origins',
  ]);
  assert.deepEqual(problemsOf(`${POOL}route_defaults: { timeout: 5 }\n${routes}`), [
    'c.yaml:2:28: route_defaults.timeout: found 5; allowed: a duration, at most 24h, such as 0s, 250ms, 5s, 1m or 1h',
  ]);
  assert.match(
    problemsOf(`${POOL}route_defaults: { pool: default }\n`)[0]!,
    /route_defaults\.pool: unknown key "pool"/,
  );
});

test('a variable that is inherited is shown as such, and a secret not at all', () => {
  const { settings, references } = loadWithReferences(
    `${POOL}route_defaults: { request_headers: { set: { x-key: "\${KEY}" } }, response_headers: { set: { x-env: "\${ENV_NAME}" } } }\n`,
    'c.yaml',
    { env: { KEY: 'hidden', ENV_NAME: 'test' }, flags: {}, cwd: '/' },
  );
  const shown = JSON.stringify(toFile(settings, references));
  assert.match(shown, /"x-env":"\$\{ENV_NAME\}"/);
  assert.doesNotMatch(shown, /hidden/);
});

test('a route may be for anyone although the defaults demand credentials', () => {
  const [closed, open] = load(`route_defaults: { auth: { api_key: required } }
routes:
  - { path_prefix: /, pool: default }
  - { path_prefix: /open, pool: default, auth: { anyone: true } }
`);
  assert.equal(closed!.auth?.apiKey, 'required');
  assert.equal(open!.auth, null);
});
