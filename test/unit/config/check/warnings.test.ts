import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../../../src/config/load.ts';
import { warningsOf } from '../../../../src/config/check/warnings.ts';
import { POOL } from '../../../support/config-problems.ts';

const keysOf = (server: string): string[] =>
  warningsOf(loadText(`${POOL}server: { ${server} }`, 'c.yaml', {}, {})).map(({ key }) => key);

for (const blocks of [
  '0.0.0.0/0',
  '"::/0"',
  '"2000::/3"',
  '"::ffff:0:0/96"',
  '0.0.0.0/1, 128.0.0.0/1',
  '0.0.0.0/1, 128.0.0.0/2, 192.0.0.0/3',
  '128.0.0.0/2, 192.0.0.0/2, 10.0.0.0/8, 0.0.0.0/1',
  '"::/1", "8000::/1"',
  '10.0.0.0/8, "2000::/4", "3000::/4"',
]) {
  test(`trust_proxy: [${blocks}] trusts everybody, which is warned of`, () => {
    assert.deepEqual(keysOf(`trust_proxy: [${blocks}]`), ['server.trust_proxy']);
  });
}

for (const blocks of [
  '',
  '10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, "fc00::/7"',
  '0.0.0.0/1',
  '0.0.0.0/1, 128.0.0.0/2, 192.0.0.0/4',
  '"2000::/4", "3000::/5"',
  '127.0.0.1',
]) {
  test(`trust_proxy: [${blocks}] does not`, () => assert.deepEqual(keysOf(`trust_proxy: [${blocks}]`), []));
}

test('everybody as sender of PROXY protocol headers is warned of, too', () => {
  assert.deepEqual(keysOf('proxy_protocol: any, proxy_protocol_from: [0.0.0.0/0]'), ['server.proxy_protocol_from']);
});

test('more connections than the open files allow cause a warning if their number is known', () => {
  const of = (max: number | 'auto', openFiles?: number): readonly unknown[] =>
    warningsOf(loadText(`${POOL}server: { max_connections: ${max} }`, 'c.yaml', {}, {}), 0, openFiles);
  const message =
    'more than the 1024 open files of this process allow: with more than 448 clients, none may be left for backends';
  assert.deepEqual(of(0, 1024), [{ key: 'server.max_connections', message }]);
  assert.deepEqual(of(449, 1024), [{ key: 'server.max_connections', message }]);
  assert.deepEqual([of(448, 1024), of(0), of(0, Infinity)], [[], [], []]);
});

test('a method that differs from a registered one by its case only causes a warning', () => {
  const text = `pools: { default: { backends: [{ url: http://b }], retries: { methods: [GET, Head] } } }
routes: [{ pool: default, methods: [GET, PURGE, purge] }, { pool: default, path_prefix: /a, methods: [get, FOO] }]`;
  assert.deepEqual(warningsOf(loadText(text, 'c.yaml', {}, {})), [
    { key: 'routes.0.methods', message: '"purge" is not PURGE: methods are case-sensitive' },
    { key: 'routes.1.methods', message: '"get" is not GET: methods are case-sensitive' },
    { key: 'pools.default.retries.methods', message: '"Head" is not HEAD: methods are case-sensitive' },
  ]);
});

test('an idle time of upgrades is warned of where there are none', () => {
  const text = (protocol: string, route: string): string =>
    `pools: { a: { protocol: ${protocol}, backends: [{ url: http://b }] } }\nroutes: [{ pool: a, ${route} }]`;
  const warned = (protocol: string, route: string): string[] =>
    warningsOf(loadText(text(protocol, route), 'c.yaml', {}, {})).map(({ key }) => key);
  assert.deepEqual(warned('h2c', 'upgrade_idle_timeout: 5m'), ['routes.0.upgrade_idle_timeout']);
  assert.deepEqual(warned('h2c', 'timeout: 5m'), []);
  assert.deepEqual(warned('http1', 'upgrade_idle_timeout: 5m'), []);
});

test('passwords without TLS are warned of, unless a proxy in front may have it', () => {
  const users = `users: [{ name: a, hash: "scrypt:15:8:3:${'A'.repeat(22)}:${'B'.repeat(43)}" }]`;
  const routes = `routes: [{ pool: default, auth: { basic: { ${users} } } }]`;
  const keys = (server: string): string[] =>
    warningsOf(loadText(`${POOL}server: { ${server} }\n${routes}`, 'c.yaml', {}, {})).map(({ key }) => key);
  assert.deepEqual(keys(''), ['routes.0.auth.basic']);
  assert.deepEqual(keys('trust_proxy: [10.0.0.1]'), []);
  assert.deepEqual(keys('host: 127.0.0.1'), []);
});

test('tokens for any service, in URLs, or with keys over plain HTTP are warned of', () => {
  const keys = (jwt: string): string[] =>
    warningsOf(loadText(`${POOL}routes: [{ pool: default, auth: { jwt: { ${jwt} } } }]`, 'c.yaml', {}, {})).map(
      ({ key }) => key,
    );
  const good = 'issuer: https://id.test, audience: [api]';
  assert.deepEqual(keys(good), []);
  assert.deepEqual(keys('issuer: https://id.test'), ['routes.0.auth.jwt']);
  assert.deepEqual(keys(`${good}, from: query`), ['routes.0.auth.jwt.from']);
  assert.deepEqual(keys(`${good}, jwks_url: http://id.test/keys`), ['routes.0.auth.jwt.jwks_url']);
  assert.deepEqual(keys(`${good}, jwks_url: http://127.0.0.1:9000/keys`), []);
  assert.deepEqual(keys('issuer: http://id.test, audience: [api]'), ['routes.0.auth.jwt.issuer']);
});

test('a preference for a place that the gateway does not know is warned of', () => {
  const yaml = (more: string): string =>
    `pools: { a: { backends: [{ url: "http://b" }], locality: { prefer: zone } } }\n${more}`;
  const keys = (more: string): string[] => warningsOf(loadText(yaml(more), 'c.yaml', {}, {})).map(({ key }) => key);
  assert.deepEqual(keys(''), ['pools.a.locality.prefer']);
  assert.deepEqual(keys('server: { locality: { region: eu } }'), ['pools.a.locality.prefer']);
  assert.deepEqual(keys('server: { locality: { zone: eu-a } }'), []);
});
