import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRoutes, httpRoute, kubeObject, kubeService, TO_WEB } from '../../../../support/kube-routes.ts';

const backend = (name: string, port: object = { number: 80 }): object => ({ service: { name, port } });
const path = (pathType: string, value: string | undefined, to = backend('web')): object => ({
  pathType,
  ...(value !== undefined && { path: value }),
  backend: to,
});
const ingress = (name: string, spec: object, more: object = {}) =>
  kubeObject(name, { ingressClassName: 'sluice', ...spec }, more);

test('rules are routes by host and path, and the default backend gets the rest', () => {
  const { routes, problems } = findRoutes({
    ingresses: [
      ingress('web', {
        defaultBackend: backend('canary', { name: 'http' }),
        rules: [
          {
            host: 'a.test',
            http: { paths: [path('Exact', '/x'), path('Prefix', '/api/'), path('ImplementationSpecific', undefined)] },
          },
          { host: '*.b.test' },
          { http: { paths: [path('Prefix', '/any', backend('canary'))] } },
        ],
      }),
    ],
  });
  assert.deepEqual(problems, []);
  const [web, canary] = ['web.shop.80@kubernetes', 'canary.shop.80@kubernetes'];
  assert.deepEqual(
    routes.map((route) => [route.name, route.host, route.path ?? route.pathPrefix, route.pool]),
    [
      ['ingress:shop/web/1@kubernetes', 'a.test', '/x', web],
      ['ingress:shop/web/2@kubernetes', 'a.test', '/api', web],
      ['ingress:shop/web/3@kubernetes', 'a.test', '/', web],
      ['ingress:shop/web/4@kubernetes', '*.b.test', '/', canary],
      ['ingress:shop/web/5@kubernetes', null, '/any', canary],
      ['ingress:shop/web/6@kubernetes', null, '/', canary],
    ],
  );
});

test('only Ingresses of our class are routes; the older annotation counts, too', () => {
  const rules = (host: string): object => ({ rules: [{ host, http: { paths: [path('Prefix', '/')] } }] });
  const { routes } = findRoutes({
    ingresses: [
      kubeObject('other', { ingressClassName: 'nginx', ...rules('a.test') }),
      kubeObject('none', rules('b.test')),
      kubeObject('old', rules('c.test'), { annotations: { 'kubernetes.io/ingress.class': 'sluice' } }),
    ],
  });
  assert.deepEqual(
    routes.map(({ host }) => host),
    ['c.test'],
  );
});

test('what does not apply is named: TLS, backends that there are not, and a path that an older route has', () => {
  const { routes, problems } = findRoutes({
    httpRoutes: [httpRoute('older', [TO_WEB], { hostnames: ['a.test'] })],
    ingresses: [
      ingress(
        'web',
        {
          tls: [{ secretName: 'cert' }],
          rules: [
            { host: 'a.test', http: { paths: [path('Prefix', '/'), path('Prefix', '/gone', backend('gone'))] } },
            { host: 'b.test', http: { paths: [path('Prefix', '/', { resource: { kind: 'Bucket', name: 'x' } })] } },
          ],
        },
        { createdAt: '2026-02-01T00:00:00Z' },
      ),
    ],
    services: [kubeService('web')],
  });
  assert.deepEqual(
    routes.map(({ name, respond }) => [name, respond?.status]),
    [
      ['shop/older@kubernetes', undefined],
      ['ingress:shop/web/2@kubernetes', 500],
      ['ingress:shop/web/3@kubernetes', 500],
    ],
  );
  assert.deepEqual(problems, [
    'Ingress shop/web: tls is ignored: certificates for clients are those of tls in the configuration',
    'Ingress shop/web: there is no Service shop/gone',
    'Ingress shop/web: a backend that is no Service is not supported',
    'Ingress shop/web: ingress:shop/web/1@kubernetes matches exactly what route shop/older@kubernetes matches, so it would never be used',
  ]);
});

test('one Ingress makes at most 256 routes, and others go on', () => {
  const paths = (count: number) => Array.from({ length: count }, (_, at) => path('Exact', `/p${at}`));
  const routesOf = (count: number) =>
    findRoutes({
      ingresses: [
        ingress('large', { rules: [{ host: 'a.test', http: { paths: paths(count) } }] }),
        ingress('small', { rules: [{ host: 's.test', http: { paths: paths(1) } }] }),
      ],
    });
  assert.deepEqual([routesOf(256).routes.length, routesOf(256).problems], [257, []]);
  const { routes, problems } = routesOf(257);
  assert.deepEqual(
    routes.map(({ name }) => name),
    ['ingress:shop/small@kubernetes'],
  );
  assert.deepEqual(problems, [
    'Ingress shop/large: it makes 257 routes; at most 256 are supported for each object: split it',
  ]);
});
