/** Members from a real etcd in a whole gateway: what happens to etcd harms no request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSampleBackends } from '../../../src/cli/sample-backends/sample-backends.ts';
import { etcdMissing, startEtcd } from '../../support/etcd-server.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { httpRequest } from '../../support/http-request.ts';

const PREFIX = '/sluice/backends/web/';

const configuration = (url: string): string => `
pools:
  web:
    discover: { etcd: { prefix: ${PREFIX} } }
    algorithm: round-robin
    health_check: { interval: 200ms, fast_interval: 100ms }
discovery: { debounce: 20ms, etcd: { urls: ["${url}"] } }
rate_limit: { enabled: false }
`;

async function answers(gateway: TestGateway, count = 20): Promise<readonly string[]> {
  const all = await Promise.all(Array.from({ length: count }, () => httpRequest(gateway.trafficUrl)));
  return [...new Set(all.map(({ status, headers }) => (status === 200 ? String(headers['x-backend']) : `${status}`)))];
}

test('a killed, emptied and refilled etcd harms no request', { skip: etcdMissing }, async (t) => {
  const { backends, close } = await startSampleBackends({ count: 3 });
  t.after(close);
  const etcd = await startEtcd(t);
  const put = (at: number): Promise<void> => etcd.put(`${PREFIX}${at}`, { url: backends[at]!.url });
  await put(0);
  await put(1);
  const gateway = await startTestGateway(t, configuration(etcd.url));
  const answering = (names: string) =>
    eventually(`answers of ${names}`, async () => (await answers(gateway)).toSorted().join() === names);
  const harmless = async (): Promise<void> =>
    assert.deepEqual((await answers(gateway)).toSorted(), ['replica-1', 'replica-2']);
  await answering('replica-1,replica-2');

  await etcd.kill();
  const failing = await discoveryEvents(gateway, /discovery fails, the members stay/);
  assert.equal(failing, 1);
  await harmless();

  etcd.wipe();
  await etcd.start();
  await eventually('it is read again', async () => (await discoveryEvents(gateway, /works again/)) === 1);
  await harmless();

  await put(0);
  await put(1);
  await put(2);
  await answering('replica-1,replica-2,replica-3');
  // Now it is relied on again.
  await etcd.remove(`${PREFIX}0`);
  await etcd.remove(`${PREFIX}1`);
  await etcd.remove(`${PREFIX}2`);
  await answering('503');
});

async function discoveryEvents(gateway: TestGateway, message: RegExp): Promise<number> {
  let found = 0;
  await eventually(`an event: ${message}`, async () => {
    const events = (await gateway.admin('/v1/api/events')).json<{ events: readonly { message: string }[] }>();
    found = JSON.stringify(events)
      .split('"message"')
      .filter((text) => message.test(text)).length;
    return found > 0;
  });
  return found;
}
