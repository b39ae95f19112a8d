/** Members from EndpointSlices in a whole gateway, beside a stand-in for the API server. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startSampleBackends } from '../../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { httpRequest } from '../../support/http-request.ts';
import { endpoint, endpointSlice, ENDPOINT_SLICES, startKubeApi } from '../../support/kube-api.ts';
import { temporaryFolder } from '../../support/sluice-process.ts';

test('a roll-out of a Service fails no request, and one that is scaled to 0 is answered 503', async (t) => {
  const { backends, close } = await startSampleBackends({ count: 2 });
  t.after(close);
  const api = await startKubeApi(t);
  const roll = (...pods: readonly (readonly [at: number, conditions?: object])[]): void => {
    for (const [at, conditions] of pods) {
      const ports = [{ name: 'http', port: Number(new URL(backends[at]!.url).port), protocol: 'TCP' }];
      const name = `web-${at}`;
      const more = { targetRef: { kind: 'Pod', uid: name }, ...(conditions && { conditions }) };
      api.put(ENDPOINT_SLICES, endpointSlice('web', [endpoint('127.0.0.1', more)], { name, ports }));
    }
  };
  roll([0]);
  const kubeconfig = join(temporaryFolder(t), 'config');
  const clusters = [{ name: 'c', cluster: { server: api.url } }];
  const contexts = [{ name: 'a', context: { cluster: 'c' } }];
  writeFileSync(kubeconfig, JSON.stringify({ 'current-context': 'a', contexts, clusters }));
  const gateway = await startTestGateway(
    t,
    `pools: { web: { discover: { kubernetes: { service: web, port: http } }, algorithm: round-robin } }
discovery: { debounce: 20ms, kubernetes: { kubeconfig: "${kubeconfig}" } }
rate_limit: { enabled: false }
`,
  );
  const failures: number[] = [];
  const answers = async (): Promise<string> => {
    const all = await Promise.all(Array.from({ length: 10 }, () => httpRequest(gateway.trafficUrl)));
    failures.push(...all.flatMap(({ status }) => (status === 200 ? [] : [status])));
    return [...new Set(all.map(({ headers }) => String(headers['x-backend'])))].toSorted().join();
  };
  const answering = (names: string) => eventually(`answers of ${names}`, async () => (await answers()) === names);

  await answering('replica-1');
  roll([1]);
  await answering('replica-1,replica-2');
  roll([0, { ready: false, serving: true, terminating: true }]);
  await answering('replica-2');
  api.remove(ENDPOINT_SLICES, 'default', 'web-0');
  await answering('replica-2');
  assert.deepEqual(failures, []);

  api.remove(ENDPOINT_SLICES, 'default', 'web-1');
  await eventually('the pool is empty', async () => {
    await answers();
    return failures.length >= 10;
  });
  assert.deepEqual([...new Set(failures)], [503]);
});
