/**
 * `npm run fuzz:http2`: a gateway whose clients and backends speak HTTP/2 that is damaged, broken off and out of order.
 * It must go on, serve others, and keep nothing of them.
 *
 *   node tools/fuzz-http2.ts [--seed 1] [--count 20000] [--seconds 0] [--concurrency 24]
 *
 * Each connection plays a script of its own, which the seed decides; the order of events is up to the machine. Without
 * --seed, one is drawn and printed. --seconds 0: no limit. Exit code 1: the gateway has ended or restarted a thread, or
 * something is left over.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BackendProcess } from '../src/cli/lab/backend-process.ts';
import { GatewayProcess } from '../src/cli/lab/gateway-process.ts';
import { AdminClient } from './chaos/admin-client.ts';
import { until } from './chaos/until.ts';
import { badClients, startBadBackend } from './fuzz/http2/campaign.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
    count: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '0' },
    concurrency: { type: 'string', default: '24' },
  },
});
const [seed, count, seconds, concurrency] = ['seed', 'count', 'seconds', 'concurrency'].map((name) => {
  const value = Number(values[name as keyof typeof values]);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`--${name}: allowed is a whole number from 0 on`);
  return value;
}) as [number, number, number, number];

const REST_WITHIN_MS = 30_000;
const folder = mkdtempSync(join(tmpdir(), 'sluice-fuzz-'));
const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })];
const faults: string[] = [];
try {
  await fuzz();
} finally {
  for (const close of closing.toReversed()) await close();
}
for (const fault of faults) console.log(`  ${fault}`);
console.log(faults.length === 0 ? 'fuzz: PASSED' : `fuzz: FAILED, again: --seed ${seed} --count ${count}`);
process.exitCode = faults.length === 0 ? 0 : 1;

async function fuzz(): Promise<void> {
  const good = await BackendProcess.start();
  closing.push(() => good.stop());
  const bad = await startBadBackend(seed);
  closing.push(() => bad.close());
  const file = join(folder, 'sluice.yaml');
  writeFileSync(file, config(bad.url, good.url));
  const collect = new URL('./fuzz/http2/collect.ts', import.meta.url).href;
  const gateway = await GatewayProcess.start(file, ['--expose-gc', '--import', collect]);
  closing.push(() => gateway.stop());
  const port = Number(new URL(gateway.trafficUrl).port);
  const startMs = performance.now();
  const isOver = (): boolean => gateway.hasEnded || (seconds > 0 && performance.now() - startMs > seconds * 1000);
  const lines = gateway.linesLogged;
  const connections = await badClients({ port, seed, count, concurrency, isOver });
  const tookSeconds = (performance.now() - startMs) / 1000;
  console.log(
    `seed ${seed}: ${connections} connections from clients, ${bad.count()} to backends, in ${tookSeconds.toFixed(1)} s`,
  );
  if (gateway.hasEnded) {
    faults.push('the gateway has ended', ...gateway.logSince(lines));
    return;
  }
  faults.push(...gateway.logSince(lines).filter((line) => /"level":"?(?:50|60|error|fatal)/.test(line)));
  const admin = new AdminClient(gateway.adminUrl);
  const isAtRest = async (): Promise<boolean> => (await admin.metrics()).in_flight === 0;
  if (!(await until(isAtRest, REST_WITHIN_MS))) faults.push(`${(await admin.metrics()).in_flight} requests still run`);
  const { status } = await fetch(`${gateway.trafficUrl}/good`);
  if (status !== 200) faults.push(`another client's request is answered ${status}`);
}

/** Short times, so that much happens in each; nothing keeps bad backends from getting requests. */
function config(badUrl: string, goodUrl: string): string {
  const http2 = { protocol: 'h2c', panic: true, backends: [{ url: badUrl }] };
  return JSON.stringify({
    server: {
      host: '127.0.0.1',
      port: 0,
      threads: 2,
      drain_delay: '0s',
      drain_timeout: '2s',
      http2: { h2c: true },
      head_timeout: '100ms',
      write_timeout: '100ms',
      request_timeout: '200ms',
      body_rate_window: '100ms',
      keep_alive: '100ms',
    },
    admin: { host: '127.0.0.1', port: 0 },
    database: { data_dir: join(folder, 'data') },
    log: { format: 'json', access: { enabled: false } },
    rate_limit: { enabled: false },
    pools: { default: http2, good: { backends: [{ url: goodUrl }], health_check: { enabled: false } } },
    routes: [{ path_prefix: '/good', pool: 'good' }, { pool: 'default' }],
    health_check: { interval: '1s', fast_interval: '1s', timeout: '900ms' },
    passive_health: { enabled: false },
    circuit_breaker: { enabled: false },
  });
}
