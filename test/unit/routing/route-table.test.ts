import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GeoLocation } from '../../../src/geo/client-geo.ts';
import type { FieldValues } from '../../../src/http/fields/field-values.ts';
import { LinearExpression } from '../../../src/net/linear-expression.ts';
import { type ConditionSettings, RequestConditions } from '../../../src/routing/request-conditions.ts';
import { hostName, type RoutableRequest, type RouteMatch, RouteTable } from '../../../src/routing/route-table.ts';

interface NamedRoute extends RouteMatch {
  readonly name: string;
}

/** `GET,POST api.example.com/prefix`, host and methods optional; the text is the name. */
function route(name: string, more: Partial<RouteMatch> = {}): NamedRoute {
  const [, methods = '', host = '', pathPrefix = ''] = /^(?:([A-Z,]+) )?([^/]*)(\/.*)$/.exec(name)!;
  return {
    name,
    host: host || null,
    path: null,
    pathPrefix,
    expression: null,
    methods: methods === '' ? [] : methods.split(','),
    conditions: null,
    ...more,
  };
}

function request(
  host: string | undefined,
  method = 'GET',
  fields: FieldValues = {},
  query = '',
  geo: GeoLocation | null = null,
): RoutableRequest {
  return { method, headers: { host, ...fields }, query, geo };
}

function find(routes: readonly string[], host: string | undefined, path: string, method = 'GET'): string | undefined {
  const forwards = new RouteTable(routes.map((name) => route(name))).find(path, request(host, method))?.name;
  // The order in the configuration must not matter, but for two routes that match the same.
  const backwards = new RouteTable(routes.map((name) => route(name)).toReversed()).find(path, request(host, method));
  assert.equal(backwards?.name, forwards);
  return forwards;
}

describe('the path', () => {
  const routes = ['/', '/api', '/api/users', '/files/'];

  it('takes the longest prefix', () => {
    assert.equal(find(routes, undefined, '/api/users/7'), '/api/users');
    assert.equal(find(routes, undefined, '/api/orders'), '/api');
    assert.equal(find(routes, undefined, '/other'), '/');
    assert.equal(find(routes, undefined, '/'), '/');
  });

  it('matches whole segments', () => {
    assert.equal(find(routes, undefined, '/api'), '/api');
    assert.equal(find(routes, undefined, '/api/'), '/api');
    assert.equal(find(routes, undefined, '/apix'), '/');
    assert.equal(find(routes, undefined, '/api/usersx'), '/api');
    assert.equal(find(routes, undefined, '/ap'), '/');
  });

  it('is case-sensitive', () => assert.equal(find(routes, undefined, '/API'), '/'));

  it('may end in a slash in the route, which means the same', () => {
    assert.equal(find(routes, undefined, '/files'), '/files/');
    assert.equal(find(routes, undefined, '/files/a'), '/files/');
  });

  it('that begins with no slash matches no route', () => {
    for (const path of ['*', 'a', 'ab', '', 'http://api.example.com/api'])
      assert.equal(find(routes, undefined, path), undefined);
  });

  it('matches no route when there is none for it', () => {
    assert.equal(find(['/api'], undefined, '/'), undefined);
    assert.equal(find(['/api'], undefined, '/apix'), undefined);
    assert.equal(find([], undefined, '/'), undefined);
  });
});

describe('the method', () => {
  const routes = ['/api', 'GET,HEAD /api', 'POST /api/users', '/'];

  it('prefers a route that names it to one for any', () => {
    assert.equal(find(routes, undefined, '/api', 'HEAD'), 'GET,HEAD /api');
    assert.equal(find(routes, undefined, '/api', 'PUT'), '/api');
  });

  it('comes after the prefix: a longer prefix for another method does not match', () => {
    assert.equal(find(routes, undefined, '/api/users', 'POST'), 'POST /api/users');
    assert.equal(find(routes, undefined, '/api/users', 'GET'), 'GET,HEAD /api');
    assert.equal(find(routes, undefined, '/api/users', 'PUT'), '/api');
  });

  it('may leave no route at all', () => assert.equal(find(['GET /'], undefined, '/', 'POST'), undefined));

  it('leaves the order of the configuration to two routes that match the same', () => {
    const table = new RouteTable([
      { ...route('GET /'), name: 'first' },
      { ...route('GET /'), name: 'second' },
    ]);
    assert.equal(table.find('/', request(undefined))?.name, 'first');
  });
});

describe('the host', () => {
  const routes = ['/', '/deep/path', 'api.example.com/', '*.example.com/', '*.eu.example.com/', 'api.example.com/v1'];

  it('is matched exactly before by wildcard, and by wildcard before any', () => {
    assert.equal(find(routes, 'api.example.com', '/'), 'api.example.com/');
    assert.equal(find(routes, 'www.example.com', '/'), '*.example.com/');
    assert.equal(find(routes, 'example.org', '/'), '/');
  });

  it('comes before the path', () => assert.equal(find(routes, 'www.example.com', '/deep/path'), '*.example.com/'));

  it('of a wildcard is any name below, however deep, and not the name itself', () => {
    assert.equal(find(routes, 'a.b.example.com', '/'), '*.example.com/');
    assert.equal(find(routes, 'example.com', '/'), '/');
    assert.equal(find(routes, 'notexample.com', '/'), '/');
  });

  it('of the longer wildcard wins', () => assert.equal(find(routes, 'a.eu.example.com', '/'), '*.eu.example.com/'));

  it('falls back to wildcard and any when its own routes do not match the rest', () => {
    const few = ['api.example.com/v1', '*.example.com/v2', 'POST /v3'];
    assert.equal(find(few, 'api.example.com', '/v2'), '*.example.com/v2');
    assert.equal(find(few, 'api.example.com', '/v3', 'POST'), 'POST /v3');
    assert.equal(find(few, 'api.example.com', '/v4'), undefined);
  });

  for (const host of ['api.example.com:8080', 'API.Example.COM', 'api.example.com.', 'api.example.com.:80']) {
    it(`is api.example.com in ${host}`, () => assert.equal(find(routes, host, '/v1/x'), 'api.example.com/v1'));
  }

  it('may be an IPv6 address', () => {
    assert.equal(find(['/', '[::1]/'], '[::1]:8080', '/'), '[::1]/');
    assert.equal(find(['/', '[::1]/'], '[::1]', '/'), '[::1]/');
    assert.equal(find(['/', '[::1]/'], '[::2]', '/'), '/');
  });

  it('may be missing: routes for any host match', () => {
    assert.equal(find(routes, undefined, '/'), '/');
    assert.equal(find(['a.example/'], undefined, '/'), undefined);
  });

  it('of a malformed field matches routes for any host only', () => {
    for (const host of ['', ':', ':80', '.', '[::1', '..', 'example..com']) assert.equal(find(routes, host, '/'), '/');
  });
});

describe('the name in a Host field', () => {
  for (const [field, name] of [
    ['example.com', 'example.com'],
    ['EXAMPLE.com:443', 'example.com'],
    ['example.com.', 'example.com'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['[::1]', '[::1]'],
    ['[2001:DB8::1]:80', '[2001:db8::1]'],
    ['', ''],
  ] as const) {
    it(`of ${JSON.stringify(field)} is ${JSON.stringify(name)}`, () => assert.equal(hostName(field), name));
  }
});

describe('an exact path', () => {
  const table = new RouteTable([
    route('/api'),
    route('/api/users/'),
    route('/one', { path: '/api/users', pathPrefix: '/' }),
    route('POST /two', { path: '/api/posted', pathPrefix: '/' }),
  ]);
  const found = (path: string, method?: string): string | undefined =>
    table.find(path, request(undefined, method))?.name;

  it('comes before every prefix', () => assert.equal(found('/api/users'), '/one'));

  it('matches nothing else, not even with a slash', () => {
    assert.equal(found('/api/users/'), '/api/users/');
    assert.equal(found('/api/users/7'), '/api/users/');
  });

  it('for another method leaves the request to the prefixes', () => {
    assert.equal(found('/api/posted', 'POST'), 'POST /two');
    assert.equal(found('/api/posted', 'GET'), '/api');
  });
});

describe('an expression', () => {
  const expression = (source: string) => ({ expression: new LinearExpression(source), pathPrefix: '/' });
  const table = new RouteTable([
    route('/v1/users'),
    route('/exact', { path: '/v1/users/me' }),
    route('/first', expression('^/v[0-9]+/users')),
    route('/second', expression('users')),
    route('/'),
  ]);
  const found = (path: string): string | undefined => table.find(path, request(undefined))?.name;

  it('comes after exact paths and before prefixes, in the order of the file', () => {
    assert.equal(found('/v1/users/me'), '/exact');
    assert.equal(found('/v1/users/7'), '/first');
    assert.equal(found('/old/users'), '/second');
    assert.equal(found('/v1/orders'), '/');
  });

  it('takes time that grows with the path only', () => {
    const bomb = new RouteTable([route('/bomb', expression('^/(a+)+$'))]);
    assert.equal(bomb.find(`/${'a'.repeat(5000)}!`, request(undefined)), undefined);
    assert.equal(bomb.find(`/${'a'.repeat(5000)}`, request(undefined))?.name, '/bomb');
  });
});

describe('conditions', () => {
  const none = { headers: {}, headersRegex: {}, query: {}, queryRegex: {}, geo: [] };
  const demand = (settings: Partial<ConditionSettings>) => ({
    conditions: new RequestConditions({ ...none, ...settings }),
  });
  const table = new RouteTable([
    route('/'),
    route('/ ', { pathPrefix: '/', ...demand({ query: { beta: '1' } }) }),
    route('/version', { pathPrefix: '/', ...demand({ headers: { 'X-Version': '2' } }) }),
    route('/both', { pathPrefix: '/', ...demand({ headers: { 'x-version': '2' }, headersRegex: { 'x-user': '^a' } }) }),
    route('/any', { pathPrefix: '/any', ...demand({ headers: { authorization: '*' } }) }),
  ]);
  const found = (fields: FieldValues, query = '', path = '/x'): string | undefined =>
    table.find(path, request(undefined, 'GET', fields, query))?.name;

  it('must all be met, and a route that demands more comes first', () => {
    assert.equal(found({}), '/');
    assert.equal(found({ 'x-version': '2' }), '/version');
    assert.equal(found({ 'x-version': '3' }), '/');
    assert.equal(found({ 'x-version': '2', 'x-user': 'anna' }), '/both');
    assert.equal(found({ 'x-version': '2', 'x-user': 'bob' }), '/version');
  });

  it('on headers come before conditions on the query', () => {
    assert.equal(found({}, 'beta=1'), '/ ');
    assert.equal(found({ 'x-version': '2' }, 'beta=1'), '/version');
  });

  it('on the query look at the decoded first value', () => {
    assert.equal(found({}, 'a=b&bet%61=%31'), '/ ');
    assert.equal(found({}, 'beta=0&beta=1'), '/');
  });

  it('of any value demand that the field is there', () => {
    assert.equal(found({ authorization: 'Basic eA==' }, '', '/any'), '/any');
    assert.equal(found({}, '', '/any'), '/');
  });

  it('on the location are met in any case, and come first: no client chooses where it is', () => {
    const blocked = new RouteTable([
      route('/', { methods: ['GET'] }),
      route('/version', { pathPrefix: '/', methods: ['GET'], ...demand({ headers: { 'x-version': '2' } }) }),
      route('/geo', { pathPrefix: '/', ...demand({ geo: ['DE', 'at'] }) }),
      route('/deep', { pathPrefix: '/deep' }),
    ]);
    const at = (name: string | null, path = '/x'): string | undefined => {
      const geo = name === null ? null : { name, folded: name.toLowerCase(), isStated: false };
      return blocked.find(path, request(undefined, 'GET', { 'x-version': '2' }, '', geo))?.name;
    };
    assert.equal(at('de'), '/geo');
    assert.equal(at('AT'), '/geo');
    assert.equal(at('US'), '/version');
    assert.equal(at(null), '/version');
    assert.equal(at('DE', '/deep/x'), '/deep');
  });

  it('say which of them is not met', () => {
    const { conditions } = demand({ headers: { 'X-Version': '2' }, queryRegex: { id: '^[0-9]+$' } });
    assert.equal(conditions.firstUnmet({}, 'id=1', null), 'header x-version is 2');
    assert.equal(conditions.firstUnmet({ 'x-version': '2' }, 'id=a', null), 'query id matches ^[0-9]+$');
    assert.equal(conditions.firstUnmet({ 'x-version': '2' }, 'id=1', null), null);
    const { conditions: inside } = demand({ geo: ['DE', 'AT'] });
    const us = { name: 'US', folded: 'us', isStated: true };
    assert.equal(inside.firstUnmet({}, '', us), 'the client is in de or at: it is in US');
    assert.equal(inside.firstUnmet({}, '', null), 'the client is in de or at: it is in an unknown location');
  });
});
