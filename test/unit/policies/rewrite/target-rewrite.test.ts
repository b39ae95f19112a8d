import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathRewrite, type RewriteSettings } from '../../../../src/policies/rewrite/path-rewrite.ts';
import { CheckedRewrite } from '../../../../src/policies/rewrite/target-rewrite.ts';
import type { DescribedRequest } from '../../../../src/policies/request-values.ts';
import { LONG_REWRITE, OUTSIDE_REWRITE, type RouteFault } from '../../../../src/routing/route-fault.ts';
import { LinearExpression } from '../../../../src/net/linear-expression.ts';

const NONE: RewriteSettings = { prefix: null, path: null, regex: null, to: null };

interface World {
  readonly pathPrefix?: string;
  readonly pathRegex?: string;
  readonly basePaths?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

function rewritten(target: string, settings: Partial<RewriteSettings>, world: World = {}): string | RouteFault {
  const { pathPrefix = '/', pathRegex, basePaths = [], headers = {}, claims = null } = world;
  const exchange = {
    target,
    route: { name: 'r', expression: pathRegex === undefined ? null : new LinearExpression(pathRegex) },
    response: { req: { headers, method: 'GET', scheme: 'http' } },
    claims,
    client: '',
    clientAddress: '192.0.2.1',
  } as unknown as DescribedRequest;
  const rewrite = new CheckedRewrite(pathRewrite({ ...NONE, ...settings }, pathPrefix));
  return rewrite.rewrittenFor(exchange as never, () => basePaths);
}

test('a prefix is replaced, and everything behind it kept byte for byte', () => {
  const under = (target: string, prefix: string): unknown => rewritten(target, { prefix }, { pathPrefix: '/api' });
  assert.equal(under('/api/x?a=/../b', '/v1'), '/v1/x?a=/../b');
  assert.equal(under('/api', '/v1'), '/v1');
  assert.equal(under('/api/', '/v1/'), '/v1/');
  assert.equal(under('/api?q', '/'), '/?q');
  assert.equal(under('/api/x%20%2F(y);z', '/'), '/x%20%2F(y);z');
  assert.equal(rewritten('/\xe2\x82\xac', { prefix: '/v1' }), '/v1/\xe2\x82\xac');
});

test("an expression's first match is replaced, by its own groups", () => {
  const world = { pathRegex: '^/(other)' };
  assert.equal(rewritten('/u/7/x?q=1', { regex: '^/u/([0-9]+)/(.*)$', to: '/{group.2}/{group.1}' }, world), '/x/7?q=1');
  assert.equal(rewritten('/a.php/b.php', { regex: '\\.php', to: '' }), '/a/b.php');
  assert.equal(rewritten('/other', { regex: '^/u', to: '/v' }, world), '/other');
});

test('a fixed path takes groups of the route and escapes values that are no part of a URL', () => {
  const world = { pathRegex: '^/u/([^/]+)', headers: { 'x-t': 'a/b ?\xe9' }, claims: { sub: 'é/..' } };
  assert.equal(rewritten('/u/7?q', { path: '/users/{group.1}' }, world), '/users/7?q');
  assert.equal(rewritten('/u/7', { path: '/t/{header.x-t}' }, world), '/t/a%2Fb%20%3F%E9');
  assert.equal(rewritten('/u/7', { path: '/t/{jwt.sub}x' }, world), '/t/%C3%A9%2F..x');
  assert.equal(rewritten('/u/7', { path: '/t/{client_address}' }, world), '/t/192.0.2.1');
});

test('no part that a client chooses leads out of the rewritten path', () => {
  const api = { pathPrefix: '/api' };
  for (const [target, settings, world] of [
    // The prefix alone would be safe; with what follows it would climb above the new one.
    ['/api/../../api/secret', { prefix: '/v1/public' }, api],
    ['/api/..%2f..%2fapi/secret', { prefix: '/v1/public' }, api],
    ['/api/..%5c..%5capi/secret', { prefix: '/v1/public' }, api],
    ['/../secret', { prefix: '/files' }, {}],
    ['/%2e%2e/secret', { prefix: '/files' }, {}],
    ['/..;x/secret', { prefix: '/files' }, {}],
    ['/..%3bx/secret', { prefix: '/files' }, {}],
    // Read in two ways.
    ['/u/a%2fb/c', { regex: '^/u/([^/]+)/(.*)$', to: '/{group.2}/{group.1}' }, {}],
    ['/%75/a/b', { regex: '^/u/', to: '/v/' }, {}],
    ['/u;x/a', { regex: '^/u/', to: '/v/' }, {}],
    // Dot segments that only the rewrite puts together.
    ['/a.x./secret', { regex: '^/a(.)x(.)/', to: '/files/{group.1}{group.2}/' }, {}],
    ['/%252e%252e/x', { regex: '^/(%)25(2e)%252e/', to: '/{group.1}{group.2}{group.1}{group.2}/' }, {}],
    ['/%2525/x', { regex: '^/(%)2525', to: '/{group.1}zz' }, {}],
    ['/u', { path: '/t/{header.x-t}/x' }, { headers: { 'x-t': '..' } }],
    ['/u', { path: '/t/{jwt.sub}' }, { claims: { sub: '..' } }],
    // Another server, to who reads it so.
    ['/api//evil.example/x', { prefix: '/' }, api],
    ['/api/\\evil.example/x', { prefix: '/' }, api],
    ['/x/evil.example', { regex: '^/x/', to: '//' }, {}],
    ['/xevil', { regex: '^/x', to: '' }, {}],
    // No path at all.
    ['/u', { regex: '^/u', to: '' }, {}],
  ] as const) {
    const sent = rewritten(target, settings, world);
    assert.equal(sent, OUTSIDE_REWRITE, `${target} ${JSON.stringify(settings)}: ${JSON.stringify(sent)}`);
  }
});

test('a base path of a backend is not left either', () => {
  assert.equal(rewritten('/x', { prefix: '/v1' }, { basePaths: ['/base'] }), '/v1/x');
  assert.equal(rewritten('/../v1/x', { prefix: '/v1' }, { basePaths: ['/base'] }), OUTSIDE_REWRITE);
});

test('odd paths that lead to the same place are sent as they are', () => {
  const api = { pathPrefix: '/api' };
  assert.equal(rewritten('/api/a/../b', { prefix: '/v1' }, api), '/v1/a/../b');
  assert.equal(rewritten('/api/a%2fb', { prefix: '/v1' }, api), '/v1/a%2fb');
  assert.equal(rewritten('/api/a;v=1', { prefix: '/v1' }, api), '/v1/a;v=1');
});

test('placeholders cannot make a path of any length', () => {
  const path = `/${'a'.repeat(6000)}`;
  assert.equal(rewritten(path, { path: '{path}{path}' }), path + path);
  assert.equal(rewritten(path, { path: '/{path}'.slice(1).repeat(3) }), LONG_REWRITE);
});
