import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ImportFailure } from '../../../../../src/cli/import/old-file.ts';
import { importText, kindsOf, testFixtures } from '../../../../support/import-fixtures.ts';

describe('configurations of Kong', () => testFixtures('kong'));

const HEAD = '_format_version: "3.0"\n';

/** A service with one route, `more` being keys of it. */
const imported = (route: string, { service = '', file = '' } = {}) =>
  importText(
    'kong',
    `${HEAD}services: [{ name: s, url: "http://10.0.0.1", ${service} routes: [{ name: r, ${route} }] }]\n${file}`,
  );
const routesOf = (...args: Parameters<typeof imported>): Record<string, unknown>[] =>
  imported(...args).config['routes'] as Record<string, unknown>[];
const OTHER = 'routes: [{ name: other, paths: [/other], service: s }]\n';
const pluginOf = (plugin: string): Record<string, unknown> =>
  routesOf(`paths: [/x], plugins: [${plugin}]`, { file: OTHER }).find(({ name }) => name === 'r')!;
const poolOf = (service: string, file = '', route = 'paths: [/x]'): Record<string, unknown> =>
  (imported(route, { service, file }).config['pools'] as Record<string, Record<string, unknown>>)['s']!;
const upstream = (keys: string): Record<string, unknown> =>
  (
    importText(
      'kong',
      `${HEAD}services: [{ name: s, host: u, routes: [{ paths: [/] }] }]\nupstreams: [{ name: u, ${keys} targets: [{ target: "10.0.0.1:80" }, { target: 10.0.0.2 }] }]\n`,
    ).config['pools'] as Record<string, Record<string, unknown>>
  )['s']!;

test('routes are tried in the order of the priorities of Kong', () => {
  const order = (...routes: readonly string[]): unknown =>
    (
      importText(
        'kong',
        `${HEAD}services: [{ name: s, url: "http://10.0.0.1", routes: [${routes.map((each, at) => `{ name: "${at}", ${each} }`).join(', ')}] }]\n`,
      ).config['routes'] as Record<string, unknown>[]
    ).map(({ name, path_prefix, path_regex }) => [name, path_prefix ?? path_regex]);
  // One more condition comes before a longer path.
  assert.deepEqual(order('paths: [/a/long/path]', 'paths: [/a], methods: [GET]'), [
    ['1', '^/a'],
    ['0', '^/a/long/path'],
  ]);
  // A regular expression comes before a prefix, the higher priority before the lower, whatever their order in the file.
  assert.deepEqual(order('paths: [/a]', "paths: ['~/a/b'], regex_priority: 1", "paths: ['~/a/.'], regex_priority: 2"), [
    ['2', '^/a/.'],
    ['1', '^/a/b'],
    ['0', '/a'],
  ]);
  // More header fields come first, then the longer path: that is the order of prefixes here, too.
  assert.deepEqual(order('paths: [/a], headers: { a: [x] }', 'paths: [/a], headers: { a: [x], b: [y] }'), [
    ['1', '/a'],
    ['0', '/a'],
  ]);
  assert.deepEqual(order('paths: [/a]', 'paths: [/a/b]'), [
    ['1', '/a/b'],
    ['0', '/a'],
  ]);
});

test('a path is stripped by default, and one that ends with a slash demands it', () => {
  assert.equal(routesOf('paths: [/x]')[0]!['strip_prefix'], true);
  assert.equal(routesOf('paths: [/x], strip_path: false')[0]!['strip_prefix'], undefined);
  const [slash] = routesOf('paths: [/x/]');
  assert.deepEqual([slash!['path_regex'], slash!['rewrite']], ['^/x/', { regex: '^/x/', to: '/' }]);
  const [regex] = routesOf("paths: ['~/v[0-9]|/w']");
  assert.deepEqual(
    [regex!['path_regex'], regex!['rewrite']],
    ['^(?:/v[0-9]|/w)', { regex: '^(?:/v[0-9]|/w)/?', to: '/' }],
  );
});

test('header fields match in any case, and a single value is not passed over', () => {
  assert.deepEqual(routesOf('headers: { X-A: [b.c], X-D: ["~*e+", f] }, hosts: A.example')[0]!['match'], {
    headers_regex: { 'x-a': '(?i)^b\\.c$', 'x-d': '(?i)(?:e+)|(?:^f$)' },
  });
  assert.equal(routesOf('hosts: A.example')[0]!['host'], 'a.example');
  assert.deepEqual(routesOf('methods: get, paths: [/x]')[0]!['methods'], ['GET']);
});

test('each plugin becomes a key of the route', () => {
  const of = (plugin: string, key: string): unknown => pluginOf(plugin)[key];
  assert.deepEqual(of('{ name: rate-limiting, config: { minute: 9 } }', 'rate_limit'), {
    client: { limit: 9, size: '1m' },
  });
  assert.deepEqual(of('{ name: rate-limiting, config: { day: 9 } }', 'quota'), { requests: 9, per: 'day' });
  assert.deepEqual(of('{ name: rate-limiting, config: { second: 9, limit_by: service } }', 'rate_limit'), {
    total: { limit: 9, size: '1s' },
  });
  assert.deepEqual(of('{ name: key-auth }', 'auth'), { api_key: 'required' });
  assert.deepEqual(
    of('{ name: request-size-limiting, config: { allowed_payload_size: 2 } }', 'max_body_bytes'),
    2 ** 21,
  );
  assert.deepEqual(of('{ name: request-termination, config: { status_code: 404, message: no } }', 'respond'), {
    status: 404,
    body: '{"message":"no"}',
    content_type: 'application/json; charset=utf-8',
  });
  assert.deepEqual(of('{ name: request-transformer, config: { replace: { uri: "/a{b" } } }', 'rewrite'), {
    path: '/a{{b',
  });
  assert.deepEqual(of('{ name: cors }', 'cors'), { origins: ['*'] });
});

test('plugins of one route fit together, whatever their order in the file', () => {
  const limit = '{ name: rate-limiting, config: { minute: 9, limit_by: ip } }';
  assert.deepEqual(pluginOf(`${limit}, { name: key-auth }`)['rate_limit'], {
    client: { limit: 9, size: '1m', key: '{client_address}' },
  });
  const stop = '{ name: request-termination }, { name: request-transformer, config: { replace: { uri: /a } } }';
  assert.deepEqual(Object.keys(pluginOf(stop)), ['name', 'path_prefix', 'respond']);
});

test('a denied block is denied although a smaller one in it is allowed', () => {
  const { allow, deny } = pluginOf(
    '{ name: ip-restriction, config: { allow: [10.0.0.1, 192.0.2.1], deny: [10.0.0.0/8] } }',
  );
  assert.deepEqual([allow, deny], [['192.0.2.1'], ['10.0.0.0/8']]);
});

test('the plugin of a route comes before that of its service, and that before a global one', () => {
  const limit = (size: number): string =>
    `{ name: request-size-limiting, config: { allowed_payload_size: ${size}, size_unit: bytes } }`;
  const file = `plugins: [${limit(3)}]\n`;
  const bytes = (route: string, service = ''): unknown =>
    routesOf(`paths: [/x], ${route}`, { service, file })[0]!['max_body_bytes'];
  assert.equal(bytes(`plugins: [${limit(1)}]`, `plugins: [${limit(2)}],`), 1);
  assert.equal(bytes('', `plugins: [${limit(2)}],`), 2);
  assert.equal(bytes(''), 3);
});

test('a global limit is one for all routes, unless another plugin limits', () => {
  const file = 'plugins: [{ name: rate-limiting, config: { minute: 5 } }]\n';
  const { config } = imported('paths: [/a, /b]', { file });
  assert.deepEqual(config['rate_limit'], { algorithm: 'sliding-window', window: { limit: 5, size: '1m' } });
  const [route] = routesOf('paths: [/a]', {
    file,
    service: 'plugins: [{ name: rate-limiting, config: { minute: 7 } }],',
  });
  assert.deepEqual(route!['rate_limit'], { client: { limit: 7, size: '1m' } });
});

test('services and upstreams become pools', () => {
  assert.deepEqual(poolOf('connect_timeout: 1000, read_timeout: 2000, retries: 12,', '', 'preserve_host: true'), {
    backends: [{ url: 'http://10.0.0.1:80' }],
    timeouts: { connect: '1s', response: '2s', idle: '2s' },
    retries: { attempts: 10 },
  });
  assert.deepEqual(upstream('hash_on: ip,')['hash'], { by: 'ip' });
  assert.equal(upstream('algorithm: latency,')['algorithm'], 'two-choices');
  assert.equal(upstream('')['algorithm'], 'round-robin');
  assert.deepEqual(upstream('')['backends'], [{ url: 'http://10.0.0.1:80' }, { url: 'http://10.0.0.2:8000' }]);
  // An interval of 0 turns checks off.
  assert.equal(upstream('healthchecks: { active: { unhealthy: { tcp_failures: 1 } } },')['health_check'], undefined);
});

test('what decides who is let through refuses the file if it has no counterpart', () => {
  const one = (name: string, config = '{}'): string => `paths: [/x], plugins: [{ name: ${name}, config: ${config} }]`;
  for (const [route, finding] of [
    [one('company-waf'), 'refused company-waf'],
    [one('basic-auth'), 'refused basic-auth'],
    [one('services'), 'refused services'],
    [one('jwt'), 'refused jwt'],
    [one('key-auth', '{ anonymous: guest }'), 'refused anonymous'],
    [one('ip-restriction', '{ allow: [nowhere] }'), 'refused allow'],
    [one('ip-restriction', '{ allow: { a: b } }'), 'refused allow'],
    [one('ip-restriction', '5'), 'refused config'],
    [one('ip-restriction'), 'refused ip-restriction'],
    [one('rate-limiting', '{ second: 1, minute: 2 }'), 'refused minute'],
    [one('cors', '{ credentials: true, origins: ["*"] }'), 'refused credentials'],
    [one('request-termination', '{ trigger: x-stop }'), 'refused trigger'],
    ['paths: [/x], protocols: [https]', 'refused protocols'],
    ['paths: [/x], snis: [a.example]', 'refused snis'],
    ['hosts: ["a.*"]', 'refused hosts'],
    ['headers: { a: [] }', 'refused a'],
    ['expression: \'http.path == "/"\'', 'refused expression'],
    ['paths: [/x], new_key: 1', 'refused new_key'],
  ] as const) {
    assert.ok(kindsOf(imported(route, { file: OTHER })).includes(finding), route);
  }
});

test('keys, plugins of consumers, and entities that are missing or unknown refuse the file', () => {
  for (const [file, finding] of [
    ['consumers: [{ username: a, keyauth_credentials: [{ key: hidden }] }]', 'refused keyauth_credentials'],
    ['keyauth_credentials: [{ consumer: a, key: hidden }]', 'refused keyauth_credentials'],
    ['consumers: [{ username: a, oauth2_credentials: [{ name: x }] }]', 'refused oauth2_credentials'],
    ['plugins: [{ name: cors, consumer: a }]', 'refused cors'],
    ['plugins: [{ name: cors, service: gone }]', 'refused service'],
    ['plugins: [{ name: cors, consumer_group: gold }]', 'refused consumer_group'],
    ['routes: [{ paths: [/y], service: gone }]', 'refused service'],
    ['certificates: [{ cert: hidden, key: hidden }]', 'refused certificates'],
    ['paths: [/x]', 'refused paths'],
    ['degraphql_routes: []', 'refused degraphql_routes'],
  ] as const) {
    const finished = imported('paths: [/x]', { file });
    assert.ok(kindsOf(finished).includes(finding), file);
    assert.doesNotMatch(finished.yaml, /hidden/);
  }
  const service = 'plugins: [{ name: cors, consumer: a }, { name: jwt, route: r }],';
  assert.deepEqual(kindsOf(imported('paths: [/]', { service })), ['refused cors', 'refused route']);
});

test('values that are none are refused, and do not end the import', () => {
  const target = `${HEAD}services: [{ name: s, host: u, routes: [{ paths: [/] }] }]\nupstreams: [{ name: u, targets: [{ target: a, weight: x }, { target: b }] }]\n`;
  assert.deepEqual(kindsOf(importText('kong', target)), ['refused weight']);
  assert.ok(kindsOf(imported('paths: [/x]', { service: 'read_timeout: soon,' })).includes('refused read_timeout'));
  for (const text of ['services: 5', 'services: [5]', 'services: [{ routes: 1 }]', 'routes: [[]]', 'plugins: [1]'])
    assert.throws(
      () => importText('kong', `${HEAD}${text}\n`),
      (error) => error instanceof ImportFailure,
      text,
    );
});

test('a syntax error is named with file, line and column', () =>
  assert.throws(
    () => importText('kong', `${HEAD}services: [}\n`),
    (error) => error instanceof ImportFailure && /^main:2:\d+: /.test(error.message),
  ));
