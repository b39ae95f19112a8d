import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinearExpression } from '../../../src/net/linear-expression.ts';
import { explainRoutes, type NamedMatch } from '../../../src/routing/explain-routes.ts';
import { RequestConditions } from '../../../src/routing/request-conditions.ts';
import { RouteTable } from '../../../src/routing/route-table.ts';

function route(name: string, more: Partial<NamedMatch> = {}): NamedMatch {
  return { name, host: null, path: null, pathPrefix: '/', expression: null, methods: [], conditions: null, ...more };
}

function conditions(headers: Readonly<Record<string, string>>): RequestConditions {
  return new RequestConditions({ headers, headersRegex: {}, query: {}, queryRegex: {}, geo: [] });
}

/** `NAME: reason`, the one that is taken with a star. */
function explain(routes: readonly NamedMatch[], path: string, given: Readonly<Record<string, string>> = {}): string[] {
  const { method = 'GET', host = 'shop.test', ...headers } = given;
  const request = { method, headers: { host, ...headers }, query: '', geo: null };
  const taken = new RouteTable(routes).find(path, request);
  return explainRoutes(routes, taken, path, request).map(
    ({ name, isTaken, reason }) => `${isTaken ? '*' : ''}${name}: ${reason}`,
  );
}

test('the one that is taken comes first, then the nearest, each with the first thing that does not fit', () => {
  const routes = [
    route('all'),
    route('other host', { host: 'api.test' }),
    route('other path', { pathPrefix: '/b' }),
    route('other method', { pathPrefix: '/a', methods: ['POST', 'PUT'] }),
    route('other version', { pathPrefix: '/a', conditions: conditions({ 'x-version': '2' }) }),
    route('taken', { pathPrefix: '/a' }),
  ];
  assert.deepEqual(explain(routes, '/a/x'), [
    '*taken: matches any host, the prefix /a',
    'all: matches, but the longer prefix comes first',
    'other version: not met: header x-version is 2',
    'other method: the method is not POST or PUT',
    'other path: the path does not fit the prefix /b',
    'other host: the host is not api.test',
  ]);
});

test('each rule that puts one route before another has its words', () => {
  const first = (routes: readonly NamedMatch[], path = '/a'): string | undefined =>
    explain(routes, path, { 'x-a': '1' })[1];
  const prefix = route('later');
  const cases: readonly (readonly [NamedMatch, string, NamedMatch?])[] = [
    [route('r', { host: 'shop.test' }), 'a route with a host comes first'],
    [route('r', { host: '*.test' }), 'a route with a host comes first'],
    [route('r', { host: 'shop.test' }), 'an exact host comes first', route('later', { host: '*.test' })],
    [route('r', { path: '/a' }), 'an exact path comes first'],
    [route('r', { expression: new LinearExpression('^/a') }), 'an expression comes before a prefix'],
    [
      route('r', { expression: new LinearExpression('^/a') }),
      'the expression that is first in the file comes first',
      route('later', { expression: new LinearExpression('a') }),
    ],
    [route('r', { methods: ['GET'] }), 'a route with methods comes first'],
    [route('r', { conditions: conditions({ 'x-a': '*' }) }), 'the route with more header conditions comes first'],
  ];
  for (const [taken, reason, later = prefix] of cases) {
    assert.equal(first([taken, later]), `later: matches, but ${reason}`);
  }
});

test('without a route, every one says why not', () => {
  assert.deepEqual(explain([route('r', { host: 'api.test' }), route('p', { pathPrefix: '/p' })], '/a'), [
    'p: the path does not fit the prefix /p',
    'r: the host is not api.test',
  ]);
});
