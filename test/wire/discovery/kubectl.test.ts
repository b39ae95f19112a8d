/** The stand-in API server is one that a real kubectl accepts, and what kubectl writes there, the source sees. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Cluster } from '../../../src/discovery/control/sources/kubernetes/cluster.ts';
import { createKubernetesSource } from '../../../src/discovery/control/sources/kubernetes/kubernetes-source.ts';
import { eventually } from '../../support/eventually.ts';
import { missing } from '../../support/installed.ts';
import { endpoint, endpointSlice, startKubeApi } from '../../support/kube-api.ts';
import { authority } from '../../support/issued.ts';
import { temporaryFolder } from '../../support/sluice-process.ts';
import { registryWorld } from '../../support/registry-world.ts';

const kubectlMissing = missing('kubernetes-client', 'kubectl');

test('what a real kubectl creates and deletes, the source sees', { skip: kubectlMissing }, async (t) => {
  // kubectl sends no token without TLS.
  const ca = authority('cluster root');
  const api = await startKubeApi(t, { token: 'secret', tls: ca.issue(['127.0.0.1']) });
  const trusted = Buffer.from(ca.cert).toString('base64');
  const folder = temporaryFolder(t);
  const kubeconfig = join(folder, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'me', namespace: 'shop' } }],
    clusters: [{ name: 'here', cluster: { server: api.url, 'certificate-authority-data': trusted } }],
    users: [{ name: 'me', user: { token: 'secret' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const flags = [`--kubeconfig=${kubeconfig}`, `--cache-dir=${join(folder, 'cache')}`];
  const kubectl = async (...words: readonly string[]): Promise<string> =>
    (await promisify(execFile)('kubectl', [...flags, ...words], { timeout: 60_000 })).stdout;
  const manifest = (name: string, address: string): string => {
    const file = join(folder, `${name}.json`);
    const slice = endpointSlice('web', [endpoint(address)], { name, namespace: 'shop' });
    writeFileSync(file, JSON.stringify({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', ...slice }));
    return file;
  };

  const world = registryWorld();
  const definition = { service: 'web', namespace: null, port: 'http', family: 'any' } as const;
  const cluster = new Cluster({ kubeconfig, context: null, isWide: false }, world.ports);
  world.start(t, createKubernetesSource(definition, cluster, world.ports));
  assert.deepEqual(await world.nextMembers(), []);
  const watched = spawn('kubectl', [...flags, 'get', 'endpointslices', '-w', '-o', 'name'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => watched.kill('SIGKILL'));
  let seen = '';
  watched.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
  await eventually('both watch', () => api.watches === 2);

  await kubectl('create', '--validate=false', '-f', manifest('web-1', '10.0.0.1'));
  assert.deepEqual(await world.nextMembers(), ['10.0.0.1:8080']);
  await kubectl('create', '--validate=false', '-f', manifest('web-2', '10.0.0.2'));
  assert.deepEqual(await world.nextMembers(), ['10.0.0.1:8080', '10.0.0.2:8080']);
  assert.match(
    await kubectl('get', 'endpointslices', '-l', 'kubernetes.io/service-name=web', '-o', 'json'),
    /10\.0\.0\.2/,
  );
  await kubectl('delete', '--wait=false', 'endpointslice', 'web-1');
  assert.deepEqual(await world.nextMembers(), ['10.0.0.2:8080']);
  await eventually('kubectl has seen it, too', () => seen.split('\n').filter((line) => line !== '').length === 3);
  assert.deepEqual(
    api.requests.filter((request) => !/^(GET|POST|DELETE) /.test(request)),
    [],
  );
});
