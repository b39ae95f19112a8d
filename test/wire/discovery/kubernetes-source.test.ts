import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Cluster } from '../../../src/discovery/control/sources/kubernetes/cluster.ts';
import {
  createKubernetesSource,
  type KubernetesDefinition,
} from '../../../src/discovery/control/sources/kubernetes/kubernetes-source.ts';
import type { SourceAnswer } from '../../../src/discovery/control/source.ts';
import { authority } from '../../support/issued.ts';
import { eventually } from '../../support/eventually.ts';
import {
  ENDPOINT_SLICES as SLICES,
  endpoint,
  endpointSlice,
  type KubeApiOptions,
  startKubeApi,
} from '../../support/kube-api.ts';
import { temporaryFolder } from '../../support/sluice-process.ts';
import { registryWorld, type RegistryWorld } from '../../support/registry-world.ts';

const WEB: KubernetesDefinition = { service: 'web', namespace: null, port: 'http', family: 'any' };
const NONE = { kubeconfig: null, context: null, isWide: false };

/** A source in a pod of the namespace `default`, beside a stand-in API server with the service `web`. */
async function inPod(t: TestContext, options: KubeApiOptions = {}, definition: Partial<KubernetesDefinition> = {}) {
  const api = await startKubeApi(t, { token: 'first', ...options });
  const folder = temporaryFolder(t);
  const account = (name: string, content: string): void => writeFileSync(join(folder, name), content);
  account('token', 'first\n');
  account('ca.crt', 'unused without TLS');
  account('namespace', 'default');
  api.put(SLICES, endpointSlice('web', [endpoint('10.0.0.1')]));
  const world = registryWorld();
  const pod = { server: api.url, folder };
  const cluster = new Cluster(NONE, world.ports, pod);
  const source = createKubernetesSource({ ...WEB, ...definition }, cluster, world.ports);
  return { api, account, folder, source, ...world, start: () => world.start(t, source) };
}

/** A source of the service `web` by a kubeconfig. */
function sourceOf(provider: { readonly kubeconfig: string; readonly context: string | null }, world: RegistryWorld) {
  return createKubernetesSource(WEB, new Cluster({ ...provider, isWide: false }, world.ports), world.ports);
}

/** Also for the source: the server counts a watch before its answer arrives here. */
async function watching({ api, untilNextTask }: Awaited<ReturnType<typeof inPod>>): Promise<void> {
  await eventually('the watch runs', () => api.watches === 1);
  await eventually('the watch has its time', () => untilNextTask() === 225_000);
}

test('endpoints are listed, and changes follow from the watch', async (t) => {
  const world = await inPod(t);
  const { api, start, nextMembers, source } = world;
  start();
  assert.equal(source.isStrong, true);
  assert.deepEqual(await nextMembers(), ['10.0.0.1:8080']);
  await watching(world);
  api.put(SLICES, endpointSlice('web', [endpoint('10.0.0.1'), endpoint('10.0.0.2')]));
  assert.deepEqual(await nextMembers(), ['10.0.0.1:8080', '10.0.0.2:8080']);
  api.put(SLICES, endpointSlice('web', [endpoint('10.0.0.3')], { name: 'web-2' }));
  assert.deepEqual(await nextMembers(), ['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.3:8080']);
  api.put(SLICES, endpointSlice('other', [endpoint('10.9.9.9')]));
  api.put(SLICES, endpointSlice('web', [endpoint('10.8.8.8')], { namespace: 'elsewhere' }));
  api.remove(SLICES, 'default', 'web-abcde');
  assert.deepEqual(await nextMembers(), ['10.0.0.3:8080']);
  // Scaled to 0: the pool is empty because that is meant.
  api.remove(SLICES, 'default', 'web-2');
  assert.deepEqual(await nextMembers(), []);
  const path = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
  assert.deepEqual(api.requests, [
    `GET ${path}?limit=500`,
    `GET ${path}?watch=true&allowWatchBookmarks=true&resourceVersion=101&timeoutSeconds=210`,
  ]);
});

test('a bookmark confirms the list, and the end of a watch leads to a new list', async (t) => {
  const world = await inPod(t);
  const { api, start, nextMembers, advance } = world;
  start();
  await nextMembers();
  await watching(world);
  api.bookmark();
  assert.deepEqual(await nextMembers(), ['10.0.0.1:8080']);
  api.endWatches('end');
  await eventually('the watch has ended', () => world.untilNextTask() !== null && api.watches === 0);
  // Not at once: a server that ends every watch is not asked all the time.
  await eventually('the next round is scheduled', () => world.untilNextTask() === 1000);
  advance(1000);
  assert.deepEqual(await nextMembers(), ['10.0.0.1:8080']);
  assert.deepEqual(world.waiting, []);
});

test('a watch that nothing ends is given up a little after its time', async (t) => {
  const world = await inPod(t);
  const { api, start, nextMembers, advance } = world;
  start();
  await nextMembers();
  await watching(world);
  advance(225_000);
  await eventually('it has hung up', () => api.watches === 0);
  await eventually('the next round is scheduled', () => world.untilNextTask() === 0);
  advance(0);
  assert.deepEqual(await nextMembers(), ['10.0.0.1:8080']);
});

test('after 410 Gone, as answer or as event, everything is listed again', async (t) => {
  const world = await inPod(t);
  const { api, start, nextMembers, advance } = world;
  api.watchFault = (_request, response) => {
    api.compact();
    api.watchFault = (_again, other) => {
      other.writeHead(410, { 'content-type': 'application/json' }).end('{"kind":"Status","code":410}');
      api.watchFault = null;
    };
    const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
  };
  start();
  for (let round = 0; round < 3; round += 1) {
    assert.deepEqual(await nextMembers(), ['10.0.0.1:8080']);
    if (round === 2) break;
    await eventually('the next round is scheduled', () => world.untilNextTask() === 1000);
    advance(1000);
  }
  await watching(world);
  assert.deepEqual(world.waiting, []);
});

test('a token that is no longer accepted is read again', async (t) => {
  const world = await inPod(t);
  const { api, account, start, nextMembers, nextFailure, advance } = world;
  start();
  await nextMembers();
  await watching(world);
  api.setToken('second');
  account('token', 'second');
  api.endWatches('end');
  await eventually('the next round is scheduled', () => world.untilNextTask() === 1000);
  advance(1000);
  assert.deepEqual(await nextMembers(), ['10.0.0.1:8080']);
  await watching(world);
  api.setToken('third');
  api.endWatches('end');
  await eventually('the next round is scheduled', () => world.untilNextTask() === 1000);
  advance(1000);
  assert.equal(await nextFailure(), 'the API server does not accept the token or certificate (401)');
});

test('a replaced token is used after a minute, also if the old one still is accepted', async (t) => {
  const world = await inPod(t);
  const { api, account, start, nextMembers, advance } = world;
  const seen = new Set<string | undefined>();
  start();
  await nextMembers();
  await watching(world);
  account('token', 'rotated');
  api.setToken('rotated');
  advance(61_000);
  api.fault = (request, response) => {
    seen.add(request.headers.authorization);
    response.writeHead(500).end();
  };
  api.endWatches('end');
  await eventually('the next round is scheduled', () => world.untilNextTask() === 0);
  advance(0);
  await world.nextFailure();
  assert.deepEqual([...seen], ['Bearer rotated']);
});

test('a refusal names the rule that is missing', async (t) => {
  const { api, start, nextFailure } = await inPod(t);
  const message =
    'endpointslices.discovery.k8s.io is forbidden: User "system:serviceaccount:default:sluice" cannot list';
  api.fault = (_request, response) => {
    response.writeHead(403).end(JSON.stringify({ kind: 'Status', code: 403, message }));
  };
  start();
  const rule = '{apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}';
  assert.equal(
    await nextFailure(),
    `not allowed in namespace default (403); a Role needs the rule ${rule}: ${message}`,
  );
});

const LIST = { kind: 'EndpointSliceList', metadata: { resourceVersion: '7' }, items: [] };

/** What an API server, or a proxy before it, may answer to a list, and what is said about it. */
const BAD_LISTS: readonly (readonly [name: string, status: number, body: string, reason: RegExp])[] = [
  ['an error of the server', 500, '{"message":"etcd\\nleader changed"}', /^it answered 500: etcd leader changed$/],
  ['an error that is no JSON', 502, '<html>\x1b[31mBad gateway', /^it answered 502: <html> \[31mBad gateway$/],
  ['a redirect', 302, '', /^it answered 302$/],
  ['no such API', 404, '{}', /has no discovery\.k8s\.io\/v1 \(404\)/],
  ['a list that is no JSON', 200, JSON.stringify(LIST).slice(0, -3), /the list of EndpointSlices is not JSON/],
  ['a page of a proxy', 200, '"welcome"', /did not answer with an EndpointSliceList/],
  ['another list', 200, JSON.stringify({ ...LIST, kind: 'PodList' }), /did not answer with an EndpointSliceList/],
  ['no version', 200, JSON.stringify({ ...LIST, metadata: {} }), /did not answer with an EndpointSliceList/],
  ['items that are no slices', 200, JSON.stringify({ ...LIST, items: [{}] }), /an EndpointSlice has no name/],
];

for (const [name, status, body, reason] of BAD_LISTS) {
  test(`${name} is no list`, async (t) => {
    const { api, start, nextFailure, nextMembers, advance, untilNextTask } = await inPod(t);
    api.fault = (_request, response) => void response.writeHead(status).end(body);
    start();
    assert.match(await nextFailure(), reason);
    await eventually('it will ask again', () => untilNextTask() === 750);
    api.fault = null;
    advance(750);
    assert.deepEqual(await nextMembers(), ['10.0.0.1:8080']);
  });
}

test('it waits longer after each failure, and as long as the server asks', async (t) => {
  const { api, start, nextFailure, advance, untilNextTask } = await inPod(t);
  api.fault = (_request, response) => void response.writeHead(503).end();
  start();
  for (const waitMs of [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]) {
    await nextFailure();
    await eventually('it will ask again', () => untilNextTask() === waitMs);
    advance(waitMs);
  }
  api.fault = (_request, response) => void response.writeHead(429, { 'retry-after': '40' }).end();
  await nextFailure();
  await eventually('it will ask again', () => untilNextTask() !== null);
  advance(untilNextTask()!);
  await nextFailure();
  await eventually('it will ask again', () => untilNextTask() === 40_000);
});

test('a list that never ends, or begins, is given up after 10 s', async (t) => {
  const { api, start, nextFailure, advance, untilNextTask } = await inPod(t);
  api.fault = (_request, response) => void response.writeHead(200).write('{"kind":');
  start();
  await eventually('it has asked', () => api.requests.length === 1);
  advance(10_000);
  assert.match(await nextFailure(), /^127\.0\.0\.1:\d+: no answer within 10 s$/);
  api.fault = () => {};
  await eventually('it will ask again', () => untilNextTask() === 750);
  advance(750);
  await eventually('it has asked', () => api.requests.length === 2);
  advance(10_000);
  assert.match(await nextFailure(), /no answer within 10 s/);
});

test('a list of large objects is asked for in smaller pages', async (t) => {
  const { api, start, nextMembers } = await inPod(t);
  const annotations = { notes: 'x'.repeat(400 * 1024) };
  const addresses = Array.from({ length: 44 }, (_, at) => `10.0.1.${at + 10}`);
  for (const [at, address] of addresses.entries()) {
    const slice = endpointSlice('web', [endpoint(address)], { name: `web-${at}` });
    api.put(SLICES, { ...slice, metadata: { ...slice.metadata, annotations } });
  }
  start();
  assert.deepEqual(
    await nextMembers(),
    ['10.0.0.1', ...addresses].map((address) => `${address}:8080`),
  );
  const pages = api.requests.flatMap((request) => /\?(limit=.*)/.exec(request)?.[1] ?? []);
  assert.deepEqual(pages.slice(0, 4), ['limit=500', 'limit=50', 'limit=5', 'limit=5&continue=5']);
  assert.equal(pages.length, 2 + 9);
});

test('an endless list is cut off at 16 MiB', async (t) => {
  const { api, start, nextFailure } = await inPod(t);
  api.fault = (_request, response) => void response.writeHead(200).end(Buffer.alloc(17 * 1024 * 1024, ' '));
  start();
  assert.match(await nextFailure(), /its answer is larger than 16384 KiB/);
});

/** What a watch may send instead of events. */
const BAD_EVENTS: readonly (readonly [name: string, line: string, reason: RegExp])[] = [
  ['a line that is no JSON', '{"type":"ADDED"\n', /an event of the watch is not JSON/],
  ['garbage', '\0\xff\n', /an event of the watch is not JSON/],
  ['an unknown event', '{"type":"GONE","object":{}}\n', /has no known type/],
  ['an event without an object', '{"type":"ADDED"}\n', /has no name/],
  [
    'an error',
    '{"type":"ERROR","object":{"code":500,"message":"storage failed"}}\n',
    /the watch failed: storage failed/,
  ],
  ['an endless line', ' '.repeat(5 * 1024 * 1024), /a line of more than 4096 KiB/],
];

for (const [name, line, reason] of BAD_EVENTS) {
  test(`${name} on the watch leaves the list as it was, and leads to a new one`, async (t) => {
    const world = await inPod(t);
    const { api, start, next, nextMembers, advance, untilNextTask } = world;
    start();
    await nextMembers();
    await watching(world);
    api.writeToWatches(line);
    const failed = await next();
    assert.equal(failed.kind, 'failed');
    assert.match((failed as Extract<SourceAnswer, { kind: 'failed' }>).reason, reason);
    await eventually('it will ask again', () => untilNextTask() === 750);
    api.put(SLICES, endpointSlice('web', [endpoint('10.0.0.2')]));
    advance(750);
    assert.deepEqual(await nextMembers(), ['10.0.0.2:8080']);
  });
}

test('a watch that breaks off, also in the middle of a line, is a failure', async (t) => {
  const world = await inPod(t);
  const { api, start, nextMembers, nextFailure } = world;
  start();
  await nextMembers();
  await watching(world);
  api.writeToWatches('{"type":"DELETED","object":{"metadata":{"na');
  api.endWatches('reset');
  assert.match(await nextFailure(), /the connection broke off|aborted/);
  assert.deepEqual(world.waiting, []);
});

test('nothing is reported after it was stopped, and the watch is gone', async (t) => {
  const world = await inPod(t);
  const { api, start, nextMembers, source } = world;
  start();
  await nextMembers();
  await watching(world);
  source.stop();
  await eventually('the watch is gone', () => api.watches === 0);
  assert.deepEqual(world.waiting, []);
  assert.equal(world.untilNextTask(), null);
});

test('a service without slices is an empty list, with a warning', async (t) => {
  const { start, nextMembers, log } = await inPod(t, {}, { service: 'wbe' });
  start();
  assert.deepEqual(await nextMembers(), []);
  assert.deepEqual(
    log.lines.map(({ level, details }) => [level, details]),
    [['warn', { service: 'wbe' }]],
  );
});

test('outside of a cluster, or with files that are missing, the failure says so', async (t) => {
  const world = registryWorld();
  const folder = temporaryFolder(t);
  world.start(t, createKubernetesSource(WEB, new Cluster(NONE, world.ports, { server: null, folder }), world.ports));
  assert.match(await world.nextFailure(), /^not in a pod: KUBERNETES_SERVICE_HOST is not set/);
  const other = registryWorld();
  const nowhere = new Cluster(NONE, other.ports, { server: 'http://127.0.0.1:1', folder });
  other.start(t, createKubernetesSource(WEB, nowhere, other.ports));
  assert.match(await other.nextFailure(), /cannot be read: the file does not exist$/);
});

test('a kubeconfig leads to the server of its context, by a client certificate and with its namespace', async (t) => {
  const ca = authority('cluster root');
  const tls = { ...ca.issue(['127.0.0.1']), requestCert: true, rejectUnauthorized: false };
  const api = await startKubeApi(t, { tls });
  const clients: (string | undefined)[] = [];
  api.watchFault = ({ socket }) => void clients.push((socket as TLSSocket).getPeerCertificate().subjectaltname);
  api.put(SLICES, endpointSlice('web', [endpoint('10.0.0.5')], { namespace: 'shop' }));
  const folder = temporaryFolder(t);
  const client = authority('client root').issue(['sluice.test']);
  writeFileSync(join(folder, 'client.crt'), client.cert);
  const kubeconfig = join(folder, 'config');
  const write = (user: object): void =>
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        'current-context': 'other',
        contexts: [{ name: 'shop', context: { cluster: 'c1', user: 'u1', namespace: 'shop' } }],
        clusters: [
          {
            name: 'c1',
            cluster: { server: api.url, 'certificate-authority-data': Buffer.from(ca.cert).toString('base64') },
          },
        ],
        users: [{ name: 'u1', user }],
      }),
    );
  write({
    'client-certificate': 'client.crt',
    'client-key-data': Buffer.from(client.key).toString('base64'),
  });
  const world = registryWorld();
  world.start(t, sourceOf({ kubeconfig, context: 'shop' }, world));
  assert.deepEqual(await world.nextMembers(), ['10.0.0.5:8080']);
  await eventually('it watches', () => clients.length === 1);
  assert.deepEqual(clients, ['DNS:sluice.test']);

  write({ exec: { command: 'aws' } });
  const second = registryWorld();
  second.start(t, sourceOf({ kubeconfig, context: 'shop' }, second));
  assert.match(await second.nextFailure(), /identifies the user "u1" by exec, which is not supported; use a token/);

  writeFileSync(kubeconfig, ': : :');
  const third = registryWorld();
  third.start(t, sourceOf({ kubeconfig, context: null }, third));
  assert.match(await third.nextFailure(), /config is not YAML$/);
});

test('a certificate of another authority is refused', async (t) => {
  const { account, start, nextFailure } = await inPod(t, { tls: authority('cluster root').issue(['127.0.0.1']) });
  account('ca.crt', authority('another root').cert);
  start();
  assert.match(await nextFailure(), /unable to verify|self-signed|certificate signature failure/i);
});
