import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestConditions } from '../../../../../src/routing/request-conditions.ts';
import { RouteTable } from '../../../../../src/routing/route-table.ts';
import {
  findRoutes,
  GATEWAY,
  httpRoute,
  type KubeObjects,
  kubeObject,
  kubeService,
  TO_WEB,
} from '../../../../support/kube-routes.ts';

/** The only route of a rule, and what was said about it. */
function ruleOf(rule: object, more: Partial<KubeObjects> = {}) {
  const found = findRoutes({ httpRoutes: [httpRoute('web', [{ ...TO_WEB, ...rule }])], ...more });
  return { ...found, route: found.routes[0]! };
}

test('a rule without matches is a route for all of its hosts, and its pool has the endpoints of the Service', () => {
  const { route, settings, problems } = ruleOf({});
  assert.deepEqual(
    [route.name, route.host, route.pathPrefix, route.methods],
    ['shop/web@kubernetes', 'shop.test', '/', []],
  );
  assert.equal(route.pool, 'web.shop.80@kubernetes');
  const pool = settings.pools.at(-1)!;
  assert.equal(pool.name, 'web.shop.80@kubernetes');
  assert.deepEqual(pool.discover?.kubernetes, { service: 'web', namespace: 'shop', port: 'http', family: 'any' });
  assert.deepEqual([pool.healthCheck.type, pool.protocol], ['tcp', 'http1']);
  assert.deepEqual(problems, []);
});

test('all kinds of match', () => {
  const { routes } = findRoutes({
    httpRoutes: [
      httpRoute(
        'web',
        [
          {
            ...TO_WEB,
            matches: [
              { path: { type: 'Exact', value: '/exact' } },
              { path: { type: 'PathPrefix', value: '/api/' }, method: 'POST' },
              { path: { type: 'RegularExpression', value: '/v[0-9]+|/w' } },
              {
                headers: [
                  { name: 'X-Version', value: '2' },
                  { name: 'x-version', value: 'ignored' },
                  { type: 'RegularExpression', name: 'x-any', value: 'a|b' },
                  { name: 'x-star', value: '*' },
                ],
                queryParams: [
                  { name: 'Beta', value: '1' },
                  { type: 'RegularExpression', name: 'q', value: '.+' },
                ],
              },
            ],
          },
        ],
        { hostnames: ['a.test', '*.b.test'] },
      ),
    ],
  });
  assert.deepEqual(
    routes.map(({ host, path, pathPrefix, pathRegex, methods }) => [host, path, pathPrefix, pathRegex, methods.join()]),
    [
      ['a.test', '/exact', '/', null, ''],
      ['*.b.test', '/exact', '/', null, ''],
      ['a.test', null, '/api', null, 'POST'],
      ['*.b.test', null, '/api', null, 'POST'],
      ['a.test', null, '/', '^(?:/v[0-9]+|/w)$', ''],
      ['*.b.test', null, '/', '^(?:/v[0-9]+|/w)$', ''],
      ['a.test', null, '/', null, ''],
      ['*.b.test', null, '/', null, ''],
    ],
  );
  assert.deepEqual(routes.at(-1)!.match, {
    headers: { 'x-version': '2' },
    headersRegex: { 'x-any': '^(?:a|b)$', 'x-star': '^\\*$' },
    query: { Beta: '1' },
    queryRegex: { q: '^(?:.+)$' },
    geo: [],
  });
});

test('of several routes, the one that the Gateway API prescribes is taken', () => {
  const rule = (match: object): object => ({ ...TO_WEB, matches: [match] });
  const path = (type: string, value: string): object => ({ path: { type, value } });
  const header = (...names: readonly string[]): object => ({ headers: names.map((name) => ({ name, value: '1' })) });
  const old = { createdAt: '2025-01-01T00:00:00Z' };
  const { routes, problems } = findRoutes({
    httpRoutes: [
      httpRoute('any', [rule({})]),
      httpRoute('longer', [rule(path('PathPrefix', '/api/v1'))]),
      httpRoute('shorter', [rule(path('PathPrefix', '/api'))]),
      httpRoute('exact', [rule(path('Exact', '/api/v1/x'))]),
      httpRoute('method', [rule({ ...path('PathPrefix', '/api'), method: 'GET' })]),
      httpRoute('one-header', [rule({ ...path('PathPrefix', '/api'), ...header('a') })]),
      httpRoute('two-headers', [rule({ ...path('PathPrefix', '/api'), ...header('a', 'b') })]),
      httpRoute('query', [rule({ ...path('PathPrefix', '/api'), queryParams: [{ name: 'q', value: '1' }] })]),
      httpRoute('wildcard', [rule(path('Exact', '/api/v1/x'))], { hostnames: ['*.test'] }),
      httpRoute('younger', [rule(path('PathPrefix', '/twin'))]),
      httpRoute('older', [rule(path('PathPrefix', '/twin'))], {}, old),
    ],
  });
  const table = new RouteTable(
    routes.map((route) => ({ ...route, expression: null, conditions: RequestConditions.of(route.match) })),
  );
  const taken = (target: string, headers: Record<string, string> = {}, method = 'PUT', host = 'shop.test'): string => {
    const [at = '', query = ''] = target.split('?');
    return table.find(at, { method, query, headers: { host, ...headers }, geo: null })?.name ?? 'none';
  };
  assert.equal(taken('/api/v1/x'), 'shop/exact@kubernetes');
  assert.equal(taken('/api/v1/y'), 'shop/longer@kubernetes');
  assert.equal(taken('/api/v2'), 'shop/shorter@kubernetes');
  assert.equal(taken('/api/v2', { a: '1', b: '1' }, 'GET'), 'shop/method@kubernetes');
  assert.equal(taken('/api/v2?q=1', { a: '1', b: '1' }), 'shop/two-headers@kubernetes');
  assert.equal(taken('/api/v2?q=1', { a: '1' }), 'shop/one-header@kubernetes');
  assert.equal(taken('/api/v2?q=1'), 'shop/query@kubernetes');
  assert.equal(taken('/other'), 'shop/any@kubernetes');
  assert.equal(taken('/api/v1/x', {}, 'GET', 'other.test'), 'shop/wildcard@kubernetes');
  assert.equal(taken('/twin'), 'shop/older@kubernetes');
  assert.deepEqual(problems, [
    'HTTPRoute shop/younger: shop/younger@kubernetes matches exactly what route shop/older@kubernetes matches, so it would never be used',
  ]);
});

test('weights count requests, and a backend that there is not keeps its share', () => {
  const ref = (name: string, weight?: number): object => ({ name, port: 80, ...(weight !== undefined && { weight }) });
  const split = ruleOf({ backendRefs: [ref('web', 900_000), ref('canary', 100), ref('gone', 100_000)] });
  assert.deepEqual(
    split.route.split?.map(({ pool, weight }) => [pool, weight]),
    [
      ['web.shop.80@kubernetes', 1000],
      ['canary.shop.80@kubernetes', 1],
      ['none@kubernetes', 111],
    ],
  );
  assert.deepEqual([split.route.splitBy, split.route.splitFailover], ['request', false]);
  assert.deepEqual(split.problems, ['HTTPRoute shop/web: there is no Service shop/gone']);

  assert.equal(ruleOf({ backendRefs: [ref('web', 0), ref('canary')] }).route.pool, 'canary.shop.80@kubernetes');
  for (const backendRefs of [[], [ref('web', 0)], [ref('gone')]]) {
    const { route } = ruleOf({ backendRefs });
    assert.deepEqual([route.pool, route.respond?.status], [null, 500]);
  }
});

test('filters change requests and answers', () => {
  const filters = [
    {
      type: 'RequestHeaderModifier',
      requestHeaderModifier: {
        set: [{ name: 'x-a', value: '{a}' }],
        add: [{ name: 'x-b', value: 'b' }],
        remove: ['x-c'],
      },
    },
    { type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: 'x-d', value: 'd' }] } },
    { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/v1/' } } },
    { type: 'RequestMirror', requestMirror: { backendRef: { name: 'canary', port: 80 }, percent: 10 } },
  ];
  const matches = [{ path: { type: 'PathPrefix', value: '/api' } }];
  const { route, settings, problems } = ruleOf({ filters, matches, timeouts: { request: '1m30s' } });
  assert.deepEqual(problems, []);
  assert.deepEqual(route.requestHeaders, { set: { 'x-a': '{{a}}' }, add: { 'x-b': 'b' }, remove: ['x-c'] });
  assert.deepEqual(route.responseHeaders.set, { 'x-d': 'd' });
  assert.deepEqual([route.rewrite?.prefix, route.timeoutMs], ['/v1', 90_000]);
  assert.deepEqual([route.mirror?.pool, route.mirror?.sample], ['canary.shop.80@kubernetes', 0.1]);
  assert.ok(settings.pools.some(({ name }) => name === 'canary.shop.80@kubernetes'));
  const full = { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplaceFullPath', replaceFullPath: '/one' } } };
  assert.equal(ruleOf({ filters: [full] }).route.rewrite?.path, '/one');
});

test('a redirect is answered, and no backend is needed', () => {
  const redirect = (requestRedirect: object, more: object = {}) =>
    findRoutes({ httpRoutes: [httpRoute('web', [{ filters: [{ type: 'RequestRedirect', requestRedirect }] }], more)] });
  const https = redirect({ scheme: 'https' }).routes[0]!;
  assert.deepEqual([https.pool, https.redirect?.scheme, https.redirect?.status], [null, 'https', 302]);
  const moved = redirect({ hostname: 'new.test', port: 8443, statusCode: 301 }).routes[0]!;
  assert.deepEqual([moved.redirect?.host, moved.redirect?.port, moved.redirect?.status], ['new.test', 8443, 301]);
  const anywhere = redirect({ scheme: 'https' }, { hostnames: [] });
  assert.deepEqual([anywhere.routes[0]!.redirect?.anyHost, anywhere.problems], [true, []]);
});

/** What there is not: the whole HTTPRoute is refused. */
const REFUSED: readonly (readonly [name: string, rule: object, reason: RegExp])[] = [
  ['an unknown filter', { filters: [{ type: 'ExtensionRef' }] }, /filter ExtensionRef is not supported/],
  [
    'another host for backends',
    { filters: [{ type: 'URLRewrite', urlRewrite: { hostname: 'a.test' } }] },
    /urlRewrite\.hostname is not supported/,
  ],
  [
    'filters of a backend',
    { backendRefs: [{ name: 'web', port: 80, filters: [{ type: 'RequestHeaderModifier' }] }] },
    /filters of a backendRef are not supported/,
  ],
  ['an unknown match', { matches: [{ path: { type: 'Glob', value: '/*' } }] }, /path match Glob is not supported/],
  [
    'a header that no object can hold',
    { matches: [{ headers: [{ name: '__proto__', value: 'a' }] }] },
    /header match on __proto__ is not supported/,
  ],
  ['a method that is none', { matches: [{ method: 'g t' }] }, /methods\.0: found "g t"/],
  [
    'the Host field',
    { filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'Host', value: 'a' }] } }] },
    /request_headers\.set\.Host: is sent by Sluice itself/,
  ],
  [
    'two mirrors',
    {
      filters: [1, 2].map(() => ({ type: 'RequestMirror', requestMirror: { backendRef: { name: 'web', port: 80 } } })),
    },
    /more than one filter RequestMirror in a rule is not supported/,
  ],
];

for (const [name, rule, reason] of REFUSED) {
  test(`${name} refuses the HTTPRoute by name, and no other`, () => {
    const { routes, problems } = findRoutes({
      httpRoutes: [
        httpRoute('web', [{ ...TO_WEB, ...rule }, TO_WEB]),
        httpRoute('good', [TO_WEB], { hostnames: ['good.test'] }),
      ],
    });
    assert.deepEqual(
      routes.map((route) => route.name),
      ['shop/good@kubernetes'],
    );
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /^HTTPRoute shop\/web: /);
    assert.match(problems[0]!, reason);
  });
}

test('parts that are ignored are named', () => {
  const { routes, problems } = ruleOf({ retry: { attempts: 2 }, timeouts: { backendRequest: '1s' } });
  assert.equal(routes.length, 1);
  assert.deepEqual(problems, [
    'HTTPRoute shop/web: retry is ignored',
    'HTTPRoute shop/web: timeouts.backendRequest is ignored',
  ]);
});

test('a Service speaks HTTP/2 if it says so, and one that cannot be used is named', () => {
  const services = [
    kubeService('web', { appProtocol: 'kubernetes.io/h2c' }),
    kubeObject('outside', { type: 'ExternalName', externalName: 'a.test' }),
    kubeService('udp', { protocol: 'UDP' }),
  ];
  assert.equal(ruleOf({}, { services }).settings.pools.at(-1)!.protocol, 'h2c');
  const problemOf = (backendRef: object) => ruleOf({ backendRefs: [backendRef] }, { services }).problems[0];
  assert.match(problemOf({ name: 'outside', port: 80 })!, /Service shop\/outside is an ExternalName/);
  assert.match(problemOf({ name: 'web', port: 81 })!, /Service shop\/web has no port 81 \(80\)/);
  assert.match(problemOf({ name: 'udp', port: 80 })!, /port 80 of Service shop\/udp is not TCP/);
  assert.match(problemOf({ name: 'web' })!, /needs a port/);
  assert.match(problemOf({ kind: 'Bucket', group: 'x', name: 'b' })!, /backend Bucket b is not supported/);
});

test('a Service of another namespace needs a ReferenceGrant there', () => {
  const services = [kubeService('web', {}, { namespace: 'data' })];
  const backendRefs = [{ name: 'web', namespace: 'data', port: 80 }];
  const grant = (from: string, name?: string) =>
    kubeObject(
      'allow',
      {
        from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: from }],
        to: [{ group: '', kind: 'Service', ...(name !== undefined && { name }) }],
      },
      { namespace: 'data' },
    );
  for (const grants of [[], [grant('else')], [grant('shop', 'other')]]) {
    const { route, problems } = ruleOf({ backendRefs }, { services, grants });
    assert.equal(route.respond?.status, 500);
    assert.match(problems[0]!, /no ReferenceGrant in namespace data allows it to use Service data\/web/);
  }
  for (const grants of [[grant('shop')], [grant('shop', 'web')]])
    assert.equal(ruleOf({ backendRefs }, { services, grants }).route.pool, 'web.data.80@kubernetes');
});

/** Which hosts the route has by a listener, or why it has none. */
const LISTENERS: readonly (readonly [
  name: string,
  listener: object,
  hostnames: readonly string[],
  wanted: readonly (string | null)[] | RegExp,
])[] = [
  ['no hostname at all', {}, [], [null]],
  ['only that of the listener', { hostname: '*.a.test' }, [], ['*.a.test']],
  ['only those of the route', {}, ['a.test', 'b.test'], ['a.test', 'b.test']],
  ['what both have', { hostname: '*.a.test' }, ['x.a.test', 'a.test', 'b.test'], ['x.a.test']],
  ['the narrower wildcard', { hostname: '*.a.test' }, ['*.test', '*.x.a.test'], ['*.a.test', '*.x.a.test']],
  [
    'nothing in common',
    { hostname: 'a.test' },
    ['b.test'],
    /listener http of Gateway shop\/edge has none of its hostnames/,
  ],
  ['a listener for TCP', { protocol: 'TCP' }, [], /has no such listener of HTTP or HTTPS/],
  ['a listener for other routes', { allowedRoutes: { kinds: [{ kind: 'GRPCRoute' }] } }, [], /allows no HTTPRoutes/],
  [
    'a selector of namespaces',
    { allowedRoutes: { namespaces: { from: 'Selector' } } },
    [],
    /by a selector, which is not supported/,
  ],
];

for (const [name, listener, hostnames, wanted] of LISTENERS) {
  test(`the hosts of a route: ${name}`, () => {
    const spec = { gatewayClassName: 'sluice', listeners: [{ name: 'http', port: 80, protocol: 'HTTP', ...listener }] };
    const { routes, problems } = findRoutes({
      gateways: [kubeObject('edge', spec)],
      httpRoutes: [httpRoute('web', [TO_WEB], { hostnames })],
    });
    if (wanted instanceof RegExp) assert.match(problems.join(), wanted);
    else assert.deepEqual(problems, []);
    assert.deepEqual(
      routes.map(({ host }) => host),
      wanted instanceof RegExp ? [] : wanted,
    );
  });
}

test('a listener admits routes of its own namespace only, unless it says otherwise', () => {
  const elsewhere = httpRoute('web', [TO_WEB], { parentRefs: [{ name: 'edge', namespace: 'infra' }] });
  const gateway = (allowedRoutes: object) =>
    kubeObject(
      'edge',
      { gatewayClassName: 'sluice', listeners: [{ name: 'http', port: 80, protocol: 'HTTP', ...allowedRoutes }] },
      { namespace: 'infra' },
    );
  const own = findRoutes({ gateways: [gateway({})], httpRoutes: [elsewhere] });
  assert.deepEqual(own.routes, []);
  assert.match(own.problems[0]!, /allows no routes of namespace shop \(allowedRoutes\.namespaces\.from: Same\)/);
  const all = gateway({ allowedRoutes: { namespaces: { from: 'All' } } });
  assert.equal(findRoutes({ gateways: [all], httpRoutes: [elsewhere] }).routes.length, 1);
});

test('routes of other Gateways are none of ours, and a section chooses its listener', () => {
  const other = { ...GATEWAY, name: 'other', spec: { ...(GATEWAY.spec as object), gatewayClassName: 'istio' } };
  const gateways = [GATEWAY, other];
  const httpRoutes = [httpRoute('web', [TO_WEB], { parentRefs: [{ name: 'other' }] })];
  assert.deepEqual(
    [findRoutes({ gateways, httpRoutes }).routes, findRoutes({ gateways, httpRoutes }).problems],
    [[], []],
  );
  const choice = { gatewayClass: null, gateway: 'other' };
  assert.equal(findRoutes({ gateways, httpRoutes, choice }).routes.length, 1);
  const section = [httpRoute('web', [TO_WEB], { parentRefs: [{ name: 'edge', sectionName: 'https' }] })];
  assert.match(findRoutes({ httpRoutes: section }).problems[0]!, /has no such listener/);
});

test('one HTTPRoute makes at most 256 routes, and others go on', () => {
  const matches = (count: number) => Array.from({ length: count }, (_, at) => ({ path: { value: `/p${at}` } }));
  const hosts = { hostnames: ['a.test', 'b.test', 'c.test', 'd.test'] };
  const routesOf = (count: number) =>
    findRoutes({
      httpRoutes: [
        httpRoute('large', [{ ...TO_WEB, matches: matches(count) }], hosts),
        httpRoute('small', [TO_WEB], { hostnames: ['s.test'] }),
      ],
    });
  assert.deepEqual([routesOf(64).routes.length, routesOf(64).problems], [257, []]);
  const { routes, problems } = routesOf(65);
  assert.deepEqual(
    routes.map(({ name }) => name),
    ['shop/small@kubernetes'],
  );
  assert.deepEqual(problems, [
    'HTTPRoute shop/large: it makes 260 routes; at most 256 are supported for each object: split it',
  ]);
});

test('the splits of one HTTPRoute take at most a quarter of the table', () => {
  const refs = ['web', 'canary', 'third'].map((name) => ({ name, port: 80 }));
  const routesOf = (backendRefs: readonly object[]) =>
    findRoutes({
      services: ['web', 'canary', 'third', 'fourth'].map((name) => kubeService(name)),
      httpRoutes: [
        httpRoute('large', [
          { backendRefs, matches: Array.from({ length: 256 }, (_, at) => ({ path: { value: `/p${at}` } })) },
        ]),
      ],
    });
  assert.deepEqual([routesOf(refs).routes.length, routesOf(refs).problems], [256, []]);
  assert.deepEqual(routesOf([...refs, { name: 'fourth', port: 80 }]).problems, [
    'HTTPRoute shop/large: its routes and their splits count as 1280 routes; at most 1024 are supported: split it',
  ]);
});
