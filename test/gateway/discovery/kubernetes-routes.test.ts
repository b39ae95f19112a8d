/** Routes from the Gateway API and from Ingresses in a whole gateway, beside a stand-in for the API server. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { startSampleBackends } from '../../../src/cli/sample-backends/sample-backends.ts';
import type { DiscoveryAnswer } from '../../../src/discovery/api/discovery-view.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { httpRequest } from '../../support/http-request.ts';
import { missing } from '../../support/installed.ts';
import { authority } from '../../support/issued.ts';
import {
  endpoint,
  endpointSlice,
  ENDPOINT_SLICES,
  GATEWAYS,
  HTTP_ROUTES,
  INGRESSES,
  type KubeApi,
  type KubeObject,
  ROUTE_RESOURCES,
  SERVICES,
  startKubeApi,
} from '../../support/kube-api.ts';
import { temporaryFolder } from '../../support/sluice-process.ts';

const GATEWAY: KubeObject = {
  metadata: { name: 'edge', namespace: 'infra' },
  spec: {
    gatewayClassName: 'sluice',
    listeners: [{ name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }],
  },
};

function httpRoute(name: string, rules: readonly object[], more: object = {}): KubeObject {
  const parentRefs = [{ name: 'edge', namespace: 'infra' }];
  return { metadata: { name, namespace: 'shop' }, spec: { parentRefs, hostnames: ['shop.test'], rules, ...more } };
}

function service(name: string, port: number): KubeObject {
  const ports = [{ name: 'http', port, targetPort: 'web', protocol: 'TCP' }];
  return { metadata: { name, namespace: 'shop' }, spec: { ports, selector: { app: name } } };
}

/** Services `web` and `canary` in the namespace `shop`, each with a backend of its own. */
async function startShop(t: TestContext, api: KubeApi): Promise<void> {
  const { backends, close } = await startSampleBackends({ count: 2 });
  t.after(close);
  for (const [at, name] of ['web', 'canary'].entries()) {
    const ports = [{ name: 'http', port: Number(new URL(backends[at]!.url).port), protocol: 'TCP' }];
    api.put(SERVICES, service(name, 80));
    api.put(ENDPOINT_SLICES, endpointSlice(name, [endpoint('127.0.0.1')], { namespace: 'shop', ports }));
  }
}

function kubeconfigFor(t: TestContext, cluster: object, user: object = {}): string {
  const file = join(temporaryFolder(t), 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'me', namespace: 'shop' } }],
    clusters: [{ name: 'here', cluster }],
    users: [{ name: 'me', user }],
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

const YAML = (kubeconfig: string): string => `
pools: { main: { backends: [{ url: "http://127.0.0.1:1" }] } }
routes: [{ host: main.test, pool: main }]
discovery:
  debounce: 20ms
  kubernetes: { kubeconfig: "${kubeconfig}", routes: { gateway_class: sluice, ingress_class: sluice } }
rate_limit: { enabled: false }
`;

interface Seen {
  readonly status: number;
  readonly backend: string | undefined;
}

async function ask(gateway: TestGateway, host: string, path = '/', more: Record<string, string> = {}): Promise<Seen> {
  const { status, headers } = await httpRequest(`${gateway.trafficUrl}${path}`, { headers: { host, ...more } });
  return { status, backend: headers['x-backend'] as string | undefined };
}

test('an HTTPRoute splits requests by weight over the endpoints of its Services, and follows its changes', async (t) => {
  const api = await startKubeApi(t, { resources: ROUTE_RESOURCES });
  await startShop(t, api);
  api.put(GATEWAYS, GATEWAY);
  const weighted = (web: number, canary: number): readonly object[] => [
    { name: 'web', port: 80, weight: web },
    { name: 'canary', port: 80, weight: canary },
  ];
  api.put(HTTP_ROUTES, httpRoute('web', [{ backendRefs: weighted(3, 1) }]));
  const gateway = await startTestGateway(t, YAML(kubeconfigFor(t, { server: api.url })));
  await eventually('the route is there', async () => (await ask(gateway, 'shop.test')).status === 200);

  const counts = new Map<string | undefined, number>();
  for (const { backend } of await Promise.all(Array.from({ length: 400 }, () => ask(gateway, 'shop.test'))))
    counts.set(backend, (counts.get(backend) ?? 0) + 1);
  // 100 of 400 are expected; six standard deviations are 52.
  assert.ok(Math.abs((counts.get('replica-2') ?? 0) - 100) < 52, JSON.stringify([...counts]));
  assert.equal((await ask(gateway, 'other.test')).status, 404);

  api.put(HTTP_ROUTES, httpRoute('web', [{ backendRefs: weighted(0, 1) }]));
  await eventually('all of it goes to the canary', async () => {
    const seen = await Promise.all(Array.from({ length: 10 }, () => ask(gateway, 'shop.test')));
    assert.ok(seen.every(({ status }) => status === 200));
    return seen.every(({ backend }) => backend === 'replica-2');
  });
  // A watch of each kind, whatever the number of pools.
  assert.equal(api.watches, ROUTE_RESOURCES.length);

  api.remove(HTTP_ROUTES, 'shop', 'web');
  await eventually('the route is gone', async () => (await ask(gateway, 'shop.test')).status === 404);
});

test('a route that is wrong is named, and all others go on', async (t) => {
  const api = await startKubeApi(t, { resources: ROUTE_RESOURCES });
  await startShop(t, api);
  api.put(GATEWAYS, GATEWAY);
  const toWeb = { backendRefs: [{ name: 'web', port: 80 }] };
  api.put(HTTP_ROUTES, httpRoute('good', [{ matches: [{ path: { type: 'PathPrefix', value: '/good' } }], ...toWeb }]));
  api.put(
    HTTP_ROUTES,
    httpRoute('bad', [{ ...toWeb, matches: [{ path: { type: 'RegularExpression', value: '/a(?=b)' } }] }]),
  );
  api.put(INGRESSES, {
    metadata: { name: 'old', namespace: 'shop' },
    spec: {
      ingressClassName: 'sluice',
      tls: [{ hosts: ['old.test'], secretName: 'old' }],
      rules: [
        {
          host: 'old.test',
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: 'canary', port: { name: 'http' } } } },
            ],
          },
        },
      ],
    },
  });
  const gateway = await startTestGateway(t, YAML(kubeconfigFor(t, { server: api.url })));
  await eventually('the good one is there', async () => (await ask(gateway, 'shop.test', '/good')).status === 200);
  assert.deepEqual(await ask(gateway, 'old.test'), { status: 200, backend: 'replica-2' });
  assert.equal((await ask(gateway, 'shop.test', '/a')).status, 404);

  const answer = await gateway.admin('/v1/api/discovery');
  const [kubernetes] = answer.json<DiscoveryAnswer>().providers;
  assert.equal(kubernetes?.provider, 'kubernetes');
  const texts = kubernetes.problems.map(({ subject, message }) => `${subject}: ${message}`);
  assert.equal(texts.length, 2);
  assert.match(texts[0]!, /^Ingress shop\/old: tls is ignored/);
  assert.match(texts[1]!, /^HTTPRoute shop\/bad: path_regex: found "\^\(\?:\/a\(\?=b\)\)\$"/);

  // While the API server is away, nothing changes.
  api.fault = (_request, response) => void response.writeHead(503).end();
  api.endWatches('reset');
  await eventually('the provider fails', async () => {
    const [provider] = (await gateway.admin('/v1/api/discovery')).json<DiscoveryAnswer>().providers;
    return provider!.state === 'failing' && provider!.routes.length === 2;
  });
  assert.equal((await ask(gateway, 'shop.test', '/good')).status, 200);
  assert.deepEqual(await ask(gateway, 'old.test'), { status: 200, backend: 'replica-2' });
});

const MANIFESTS = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec:
  selector: { app: web }
  ports: [{ name: http, port: 8000, targetPort: 3000 }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge, namespace: shop }
spec:
  gatewayClassName: sluice
  listeners: [{ name: http, protocol: HTTP, port: 80, hostname: "*.example.com" }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web, namespace: shop }
spec:
  parentRefs: [{ name: edge, sectionName: http }]
  hostnames: [shop.example.com]
  rules:
    - matches: [{ path: { type: PathPrefix, value: /old }, method: GET }]
      filters: [{ type: RequestRedirect, requestRedirect: { path: { type: ReplacePrefixMatch, replacePrefixMatch: /new }, statusCode: 301 } }]
    - matches:
        - path: { type: PathPrefix, value: /api }
          headers: [{ name: x-version, value: "2" }]
      filters: [{ type: ResponseHeaderModifier, responseHeaderModifier: { set: [{ name: x-route, value: "{v2}" }] } }]
      backendRefs: [{ name: web, port: 8000 }]
`;

test('what a real kubectl creates, is routed', { skip: missing('kubernetes-client', 'kubectl') }, async (t) => {
  const ca = authority('cluster root');
  const api = await startKubeApi(t, { resources: ROUTE_RESOURCES, token: 'secret', tls: ca.issue(['127.0.0.1']) });
  const trusted = Buffer.from(ca.cert).toString('base64');
  const kubeconfig = kubeconfigFor(t, { server: api.url, 'certificate-authority-data': trusted }, { token: 'secret' });
  const gateway = await startTestGateway(t, YAML(kubeconfig));
  await startShop(t, api);
  const folder = temporaryFolder(t);
  const file = join(folder, 'routes.yaml');
  writeFileSync(file, MANIFESTS);
  const words = [`--kubeconfig=${kubeconfig}`, `--cache-dir=${folder}`, 'create', '--validate=false', '-f', file];
  api.remove(SERVICES, 'shop', 'web');
  await promisify(execFile)('kubectl', words, { timeout: 60_000 });
  const url = `${gateway.trafficUrl}/old/x`;
  const moved = async () => httpRequest(url, { headers: { host: 'shop.example.com' } });
  await eventually('the redirect is there', async () => (await moved()).status === 301);
  assert.equal((await moved()).headers['location'], '/new/x');
  const answer = await httpRequest(`${gateway.trafficUrl}/api/x`, {
    headers: { host: 'shop.example.com', 'x-version': '2' },
  });
  assert.deepEqual([answer.status, answer.headers['x-route']], [200, '{v2}']);
  assert.equal((await ask(gateway, 'shop.example.com', '/api/x')).status, 404);
});
