import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinearExpression } from '../../../../src/net/linear-expression.ts';
import { RedirectLocation, type RedirectSettings } from '../../../../src/policies/redirect/redirect-location.ts';
import { NO_LOCATION, type RouteFault, SAME_LOCATION } from '../../../../src/routing/route-fault.ts';
import type { DescribedRequest } from '../../../../src/policies/request-values.ts';

const NONE: RedirectSettings = { scheme: null, host: null, port: null, path: null, pathPrefix: null };

interface World {
  readonly host?: string;
  readonly scheme?: 'http' | 'https';
  readonly prefix?: string;
  readonly pathRegex?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function locationOf(target: string, settings: Partial<RedirectSettings>, world: World = {}): string | RouteFault {
  const { host = 'shop.test:8080', scheme = 'http', prefix = '/', pathRegex, headers } = world;
  const exchange = {
    target,
    isPeerTrusted: false,
    route: { name: 'r', expression: pathRegex === undefined ? null : new LinearExpression(pathRegex) },
    response: { req: { headers: { host, ...headers }, method: 'GET', scheme } },
    claims: null,
    client: '',
    clientAddress: '192.0.2.1',
  } as unknown as DescribedRequest;
  return new RedirectLocation({ ...NONE, ...settings }, prefix).of(exchange);
}

test('a new path stays on the host without naming it, and keeps the query', () => {
  assert.equal(locationOf('/old?a=1', { path: '/new' }), '/new?a=1');
  assert.equal(locationOf('/a/b?q', { path: '/new{path}' }), '/new/a/b?q');
  assert.equal(locationOf('/u/7', { path: '/users/{group.1}' }, { pathRegex: '^/u/([0-9]+)' }), '/users/7');
  assert.equal(locationOf('/old/x?q', { pathPrefix: '/new' }, { prefix: '/old' }), '/new/x?q');
  assert.equal(locationOf('/old', { pathPrefix: '/' }, { prefix: '/old' }), '/');
});

test('a query of the new path takes the place of the old one, and values cannot add parameters to it', () => {
  const world = { pathRegex: '^/tag/(.*)$', headers: { 'x-a': 'a&b=c d' } };
  assert.equal(locationOf('/tag/a&b=+%20?old=1', { path: '/s?tag={group.1}' }, world), '/s?tag=a%26b%3D%2B%20');
  assert.equal(locationOf('/tag/x', { path: '/s?a={header.x-a}' }, world), '/s?a=a%26b%3Dc%20d');
  assert.equal(locationOf('/tag/x?old=1', { path: '/s?' }, world), '/s');
});

test('scheme, host and port', () => {
  assert.equal(locationOf('/a?b', { scheme: 'https' }), 'https://shop.test/a?b');
  assert.equal(locationOf('/a', { scheme: 'https', port: 8443 }), 'https://shop.test:8443/a');
  assert.equal(locationOf('/a', { scheme: 'http', port: 80 }), 'http://shop.test/a');
  assert.equal(locationOf('/a', { port: 9000 }), 'http://shop.test:9000/a');
  assert.equal(locationOf('/a', { host: 'example.org' }), 'http://example.org/a');
  assert.equal(locationOf('/a', { host: 'example.org' }, { scheme: 'https' }), 'https://example.org/a');
  assert.equal(locationOf('/a', { host: 'www.{host}' }), 'http://www.shop.test:8080/a');
  assert.equal(locationOf('/a', { host: '{group.1}.example.com' }, { pathRegex: '^/(.*)' }), 'http://a.example.com/a');
  assert.equal(locationOf('/a', { scheme: 'https' }, { host: '[::1]:8080' }), 'https://[::1]/a');
  assert.equal(locationOf('/a', { host: '::1' }), 'http://[::1]/a');
});

test('nothing that a client sends leads to another host', () => {
  const regex = { pathRegex: '^/(.*)$' };
  for (const [target, settings, world] of [
    ['//evil.example/x', { path: '/{group.1}' }, regex],
    ['//evil.example', { pathPrefix: '/' }, {}],
    ['/old//evil.example', { pathPrefix: '/' }, { prefix: '/old' }],
    ['/old/\\evil.example', { pathPrefix: '/' }, { prefix: '/old' }],
    ['/\\evil.example', { path: '/{group.1}' }, regex],
    ['//evil.example', { path: '/{group.1}?x' }, regex],
    ['/evil.example/', { host: '{group.1}.example.com' }, regex],
    ['/evil.example%2f', { host: '{group.1}.example.com' }, regex],
    ['/a@evil.example', { host: '{group.1}.example.com' }, regex],
    ['/a:1', { host: '{group.1}.example.com' }, regex],
    ['/', { host: '{group.1}.example.com' }, regex],
    ['/x', { host: '{header.x-h}.example.com' }, { headers: { 'x-h': 'evil.test/' } }],
    ['/x', { scheme: 'https' }, { host: '' }],
  ] as const) {
    assert.equal(locationOf(target, settings, world), NO_LOCATION, `${target} ${JSON.stringify(settings)}`);
  }
});

test('no value ends the field, and bytes of other encodings are escaped', () => {
  assert.equal(
    locationOf('/x', { path: '/{header.x-a}' }, { headers: { 'x-a': 'a\r\nSet-Cookie: b' } }),
    '/a%0D%0ASet-Cookie%3A%20b',
  );
  assert.equal(locationOf('/x%0d%0aSet-Cookie', { path: '/new{path}' }), '/new/x%0d%0aSet-Cookie');
  assert.equal(locationOf('/\xe9?\xe9', { path: '/new{path}' }), '/new/%E9?%E9');
  assert.equal(locationOf(`/${'a'.repeat(9000)}`, { path: '/{path}{path}' }), NO_LOCATION);
});

test('the URL that was asked for is no place to be redirected to', () => {
  assert.equal(locationOf('/a', { path: '/a' }), SAME_LOCATION);
  assert.equal(locationOf('/a?b', { scheme: 'https' }, { host: 'Shop.test:443', scheme: 'https' }), SAME_LOCATION);
  assert.equal(
    locationOf('/a', { scheme: 'https', port: 8443 }, { host: 'shop.test', scheme: 'https' }),
    'https://shop.test:8443/a',
  );
  assert.equal(locationOf('/a?b', { path: '/a?c' }), '/a?c');
});
