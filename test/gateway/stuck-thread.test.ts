/** A traffic thread that hangs: readiness reports it, and it is replaced if it does not recover. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { GatewayProcess } from '../../src/cli/lab/gateway-process.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { httpRequest, type HttpAnswer } from '../support/http-request.ts';
import { temporaryFolder } from '../support/sluice-process.ts';

const TIMEOUT_MS = 60_000;

async function start(t: TestContext) {
  const folder = temporaryFolder(t);
  const file = join(folder, 'sluice.yaml');
  const server = 'server: { host: 127.0.0.1, port: 0, threads: 2, drain_delay: 0s }\nadmin: { port: 0 }\n';
  const calm = 'health_check: { enabled: false }\nlog: { access: { enabled: false } }\n';
  const write = (more = ''): void => {
    const database = `database: { data_dir: ${join(folder, 'data')} }\n`;
    writeFileSync(file, gatewayYaml(['http://127.0.0.1:9'], server + calm + database + more));
  };
  write();
  const gateway = await GatewayProcess.start(file);
  t.after(() => gateway.kill());
  const admin = (path: string, method = 'GET'): Promise<HttpAnswer> => httpRequest(gateway.adminUrl + path, { method });
  const readiness = async (): Promise<unknown> => (await admin('/readyz')).json();
  return {
    gateway,
    admin,
    write,
    threads: async () =>
      (await admin('/v1/api/metrics')).json<{ threads: { state: string; restarts: number; snapshot: number }[] }>()
        .threads,
    isReady: async (): Promise<boolean> => (await admin('/readyz')).status === 200,
    readiness,
    messages: async (): Promise<string[]> => {
      const { items } = (await admin('/v1/api/events?kind=thread')).json<{ items: { message: string }[] }>();
      return items.map(({ message }) => message);
    },
    metric: async (name: string): Promise<string[]> =>
      (await admin('/metrics')).body.match(new RegExp(`^${name}\\{.*$`, 'gm')) ?? [],
  };
}

const STUCK = { status: 'not_ready', reasons: ['traffic thread 0 hangs'] };

test('a thread that hangs for good is reported, then replaced, and a change waits for that and no longer', async (t) => {
  const { gateway, admin, write, threads, isReady, readiness, messages, metric } = await start(t);
  await gateway.holdThread(600_000);
  await eventually('it is seen', async () => !(await isReady()), TIMEOUT_MS);
  assert.deepEqual(await readiness(), STUCK);
  assert.deepEqual(await metric('sluice_thread_stuck'), [
    'sluice_thread_stuck{thread="0"} 1',
    'sluice_thread_stuck{thread="1"} 0',
  ]);

  write('rate_limit: { default: { capacity: 5 } }\n');
  assert.equal((await admin('/v1/api/config/reload', 'POST')).status, 200);
  await eventually(
    'it is replaced',
    async () => (await threads()).every(({ state }) => state === 'running'),
    TIMEOUT_MS,
  );
  assert.deepEqual(
    (await threads()).map(({ restarts, snapshot }) => [restarts, snapshot]),
    [
      [1, 2],
      [0, 2],
    ],
  );
  assert.ok(await isReady());
  assert.deepEqual(await messages(), [
    'traffic thread 0 is back',
    'traffic thread 0 died with code 1; starts again in 0 ms',
    'traffic thread 0 hangs',
  ]);
  assert.deepEqual(await metric('sluice_thread_stalls_total'), [
    'sluice_thread_stalls_total{thread="0"} 1',
    'sluice_thread_stalls_total{thread="1"} 0',
  ]);
});

test('a thread that recovers in time is not replaced, and a stop while one hangs ends', async (t) => {
  const { gateway, threads, isReady, messages } = await start(t);
  await gateway.holdThread(4000);
  await eventually('it is seen', async () => !(await isReady()), TIMEOUT_MS);
  await eventually('it moves again', isReady, TIMEOUT_MS);
  assert.deepEqual(
    (await threads()).map(({ restarts }) => restarts),
    [0, 0],
  );
  assert.deepEqual(await messages(), ['traffic thread 0 responds again', 'traffic thread 0 hangs']);

  await gateway.holdThread(600_000);
  await eventually('it is seen again', async () => !(await isReady()), TIMEOUT_MS);
  assert.equal(await gateway.stop(), true);
});
