/**
 * What a flood from one client costs the others: `node bench/flood.ts`. The others send requests at a fixed rate, first
 * alone, then while one address beyond its limit sends as fast as it can, on a given number of connections. Alternating
 * rounds; the median counts. `--rounds N`, `--seconds N`, `--rate N` (requests a second of the others), `--flood N`
 * (connections of the flood), `--threads N`.
 *
 * The flood comes from 127.0.0.9, the others from 127.0.0.1, which is on the allowlist: Linux only.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { backendCommand } from './backend.ts';
import { parseAutocannon } from './load.ts';
import { findVersion, usableCores } from './machine.ts';
import { end, type Running, start } from './processes.ts';

const FLOOD_ADDRESS = '127.0.0.9';
const GET = 'GET / HTTP/1.1\r\nHost: flood\r\n\r\n';

if (process.argv[2] === 'flood') flood(Number(process.argv[3]), Number(process.argv[4]));
else await measure();

/** Runs in a process of its own until it is ended: each connection sends a request as soon as it is answered. */
function flood(port: number, connections: number): void {
  const dial = (): void => {
    const socket = connect({ host: '127.0.0.1', port, localAddress: FLOOD_ADDRESS, noDelay: true });
    socket.on('connect', () => socket.write(GET));
    socket.on('data', () => socket.write(GET));
    socket.on('error', () => undefined);
    socket.on('close', () => setTimeout(dial, 10));
  };
  for (let count = 0; count < connections; count += 1) dial();
}

async function measure(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      rate: { type: 'string', default: '3000' },
      flood: { type: 'string', default: '64' },
      threads: { type: 'string', default: '1' },
    },
  });
  const cores = usableCores();
  const [gatewayCore, loadCore] = cores.length >= 2 ? cores : [];
  const folder = mkdtempSync(join(tmpdir(), 'sluice-flood-'));
  const started: Running[] = [];
  try {
    const [port, adminPort, backendPort] = (await freePorts(3)) as [number, number, number];
    mkdirSync(join(folder, 'backend'), { mode: 0o755 });
    const hasNginx = findVersion('nginx', ['-v']) !== undefined;
    started.push(
      start('backend', backendCommand(join(folder, 'backend'), { http1: [backendPort], h2c: [] }, hasNginx), loadCore),
    );
    writeFileSync(join(folder, 'sluice.json'), JSON.stringify(config(folder, port, adminPort, backendPort, values)));
    const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
    const words = [process.execPath, main, '--config', join(folder, 'sluice.json')] as const;
    const gateway = start('gateway', words, gatewayCore);
    started.push(gateway);
    const url = `http://127.0.0.1:${port}/`;
    await answering(url, gateway);

    const others = async (): Promise<{ rate: number; p99Ms: number }> => {
      const autocannon = fileURLToPath(new URL('../node_modules/autocannon/autocannon.js', import.meta.url));
      const load = ['-j', '-c', '32', '-d', values.seconds, '-R', values.rate, url];
      const running = start('others', [process.execPath, autocannon, ...load], loadCore);
      await running.exited;
      const result = parseAutocannon(running.output());
      if (result.errors > 0) console.log(`  ${result.errors} of the others' requests failed`);
      return { rate: result.requestsPerSecond, p99Ms: result.p99Ms };
    };
    const flooded = async (): Promise<{ rate: number; p99Ms: number }> => {
      const self = [process.execPath, import.meta.filename, 'flood', String(port), values.flood] as const;
      const attacker = start('flood', self, loadCore);
      try {
        return await others();
      } finally {
        await end(attacker);
      }
    };
    await others();
    const losses: number[] = [];
    for (let round = 1; round <= Number(values.rounds); round += 1) {
      const alone = await others();
      const beside = await flooded();
      losses.push(1 - beside.rate / alone.rate);
      console.log(
        `round ${round}: alone ${alone.rate.toFixed(0)}/s, p99 ${alone.p99Ms} ms; ` +
          `beside the flood ${beside.rate.toFixed(0)}/s, p99 ${beside.p99Ms} ms`,
      );
    }
    const refused = (await (await fetch(`http://127.0.0.1:${adminPort}/v1/api/metrics`)).json()) as {
      limiter: { refused_total: number };
    };
    const median = losses.sort((one, other) => one - other)[losses.length >> 1] ?? Number.NaN;
    console.log(`the flood cost the others ${(median * 100).toFixed(1)} % of their throughput (median)`);
    console.log(`${refused.limiter.refused_total} requests of the flood were refused`);
  } finally {
    for (const running of started.reverse()) await end(running);
    rmSync(folder, { recursive: true, force: true });
  }
}

function config(
  folder: string,
  port: number,
  adminPort: number,
  backendPort: number,
  { threads }: { readonly threads: string },
): object {
  return {
    server: { host: '127.0.0.1', port, threads: Number(threads), drain_delay: '0s' },
    admin: { port: adminPort },
    database: { data_dir: join(folder, 'data') },
    log: { level: 'warn', format: 'json', access: { enabled: false } },
    rate_limit: { allowlist: ['127.0.0.1'] },
    health_check: { enabled: false },
    pools: { default: { backends: [{ url: `http://127.0.0.1:${backendPort}` }] } },
  };
}

async function answering(url: string, gateway: Running): Promise<void> {
  for (let tries = 0; tries < 200 && !gateway.hasExited(); tries += 1) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok === true) return;
    await wait(100);
  }
  throw new Error(`the gateway does not answer:\n${gateway.output()}`);
}

/** Distinct, because all are held until the last is found. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = servers.map(
    (server) =>
      new Promise<number>((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
      }),
  );
  const found = await Promise.all(ports);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return found;
}
