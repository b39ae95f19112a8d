/** A rolling update as Kubernetes does it: the test plays the kubelet and kube-proxy, the gateways are real processes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { startLoad } from '../support/load.ts';
import { temporaryFolder } from '../support/sluice-process.ts';
import { cannotLimit, startPod, type PodProcess } from '../support/pod-process.ts';

/** As the manifests have them, but shorter: probes each 2 s, drain_delay 10 s. */
const PROBE_MS = 250;
/** From a failed probe until no node sends new connections any more. */
const PROPAGATION_MS = 1000;
const YAML_OF = (url: string): string =>
  gatewayYaml(
    [url],
    `server: { threads: 1, drain_delay: 6s, drain_timeout: 5s, stop_timeout: 30s }
log: { access: { enabled: false } }
rate_limit: { enabled: false }
`,
  );

/** kube-proxy: each new connection goes to one of the endpoints, and those that are open stay where they are. */
async function startProxy(t: TestContext) {
  const endpoints: PodProcess[] = [];
  let turn = 0;
  const server = createServer((client) => {
    const pod = endpoints[(turn += 1) % endpoints.length]!;
    const upstream = connect(pod.trafficPort, '127.0.0.1');
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.resetAndDestroy()).on('close', () => client.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, endpoints };
}

async function isReady({ adminUrl }: PodProcess): Promise<boolean> {
  return httpRequest(`${adminUrl}/readyz`).then(
    ({ status }) => status === 200,
    () => false,
  );
}

describe('a pod', () => {
  const cannot = cannotLimit();

  test('runs as user 1000 without capabilities, on a read-only root', { skip: cannot }, async (t) => {
    const { backends, close } = await startSampleBackends({ count: 1 });
    t.after(close);
    const pod = await startPod(t, { yaml: YAML_OF(backends[0]!.url), isLimited: true, cache: temporaryFolder(t) });
    const status = readFileSync(`/proc/${pod.pid}/status`, 'utf8');
    assert.match(status, /^Uid:\s+1000\s+1000\s+1000\s+1000$/m);
    assert.match(status, /^CapEff:\s+0+$/m);
    assert.match(status, /^CapBnd:\s+0+$/m);
    const mounts = readFileSync(`/proc/${pod.pid}/mounts`, 'utf8');
    assert.match(mounts, /^\S+ \/ \S+ ro\b/m);
    const { status: answer } = await httpRequest(`http://127.0.0.1:${pod.trafficPort}/api/hello`);
    assert.equal(answer, 200);
    pod.terminate();
    assert.equal(await pod.exit, 0);
  });

  test('two are replaced by two under load, and no request is lost', async (t) => {
    if (cannot !== false) t.diagnostic(`without the limits of a pod: ${cannot}`);
    const { backends, close } = await startSampleBackends({ count: 1 });
    t.after(close);
    const options = { yaml: YAML_OF(backends[0]!.url), isLimited: cannot === false, cache: temporaryFolder(t) };
    const start = (): Promise<PodProcess> => startPod(t, options);
    const proxy = await startProxy(t);
    const old = [await start(), await start()];
    proxy.endpoints.push(...old);
    const load = startLoad(`${proxy.url}/api/hello`, { connections: 8, pauseMs: 5 });
    await load.reached(100);
    for (const pod of old) {
      // maxSurge 1, maxUnavailable 0: the new one first.
      const next = await start();
      await eventually('the new pod is ready', () => isReady(next));
      proxy.endpoints.push(next);
      pod.terminate();
      while (await isReady(pod)) await after(PROBE_MS);
      const before = load.answers;
      await after(PROPAGATION_MS);
      proxy.endpoints.splice(proxy.endpoints.indexOf(pod), 1);
      assert.ok(load.answers > before, 'requests were answered meanwhile');
      assert.equal(await pod.exit, 0, 'it stopped by itself, before it would be killed');
    }
    await load.reached(load.answers + 100);
    const { statuses, errors } = await load.stop();
    assert.deepEqual([Object.keys(statuses), errors], [['200'], []]);
  });
});
