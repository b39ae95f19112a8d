/**
 * `npm run bench`: every gateway there is, side by side, in alternating rounds, and what a request costs each.
 *
 * What is measured runs on one core, the load and the backends on another; only loopback. `--quick` ends within a
 * minute and writes no document. `--rounds N`, `--seconds N`, `--connections N` change the load; `--only NAME,…` takes
 * those peers whose names begin so.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BODY, backendCommand } from './backend.ts';
import { applyLoad, type LoadOptions } from './load.ts';
import { describeMachine, findVersion, usableCores } from './machine.ts';
import { describeLimiter, measureDecisions, measureExactness } from './limiter.ts';
import { allPeers, LIMIT, limitedSluice, type Peer } from './peers.ts';
import { cpuMicros, end, residentMiB, start, type Running } from './processes.ts';
import { describe, medianRound, withResults, type PeerResult, type Results, type Round } from './report.ts';

/** A peer that does not answer by then is left out, ms. */
const START_PATIENCE_MS = 20_000;

interface Contestant {
  readonly peer: Peer;
  readonly running: Running;
  readonly url: string;
  readonly rounds: Round[];
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
const seconds = Number(values.seconds ?? (values.quick ? 1 : 5));
const warmUpSeconds = values.quick ? 2 : 4;
const connections = Number(values.connections);

const cores = usableCores();
const [gatewayCore, loadCore] = cores.length >= 2 ? cores : [];
if (gatewayCore === undefined) console.log('Nothing is pinned to a core: that takes Linux, taskset and two cores.');
const load: LoadOptions = {
  seconds,
  connections,
  core: loadCore,
  hasWrk: findVersion('wrk', ['-v']) !== undefined,
};

/** No path of a machine belongs into a report. */
const root = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const started: Running[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void endAll().then(() => process.exit(1)));
}
try {
  await compare();
} finally {
  await endAll();
}

async function compare(): Promise<void> {
  const skipped: { name: string; why: string }[] = [];
  const backends = await startBackends();
  const contestants: Contestant[] = [];
  for (const peer of allPeers().filter(isAsked)) {
    const contestant = peer.version === undefined ? 'not installed' : await enter(peer, backends, gatewayCore);
    if (typeof contestant === 'string') skipped.push({ name: peer.name, why: contestant });
    else contestants.push(contestant);
  }
  for (const { name, why } of skipped) console.log(`${name} is left out: ${why}`);
  for (const { peer, url } of contestants) {
    console.log(`warm-up: ${peer.name}`);
    await applyLoad(url, { ...load, seconds: warmUpSeconds });
  }
  // Alternating, so that whatever else the machine does hits all alike.
  for (let round = 1; round <= rounds; round += 1) {
    for (const contestant of contestants) {
      const result = await measure(contestant);
      contestant.rounds.push(result);
      console.log(`round ${round}: ${contestant.peer.name}: ${result.cpuMicrosPerRequest.toFixed(1)} µs`);
    }
  }
  write({
    limiter: values.only === '' ? await measureLimiter(backends) : undefined,
    date: new Date().toISOString(),
    machine: describeMachine(),
    load: describeLoad(),
    peers: contestants.map(toResult),
    skipped,
  });
}

async function measureLimiter(backends: readonly string[]): Promise<string> {
  const decisions = measureDecisions(values.quick ? 100_000 : 1_000_000);
  console.log('limiter: exactness');
  const limited = { name: 'Sluice, limited', version: '', command: limitedSluice };
  const entered = await enter(limited, backends, undefined);
  if (typeof entered === 'string')
    return `${describeLimiter(decisions, undefined)}\nExactness was not measured: ${entered}`;
  const exactness = await measureExactness({
    port: Number(new URL(entered.url).port),
    requests: values.quick ? 50_000 : 1_000_000,
    connections: 64,
    capacity: LIMIT.capacity,
    ratePerSecond: LIMIT.rate_per_second,
  });
  return describeLimiter(decisions, exactness);
}

function isAsked({ name }: Peer): boolean {
  const wanted = values.only.toLowerCase().split(',');
  return wanted.some((word) => name.toLowerCase().startsWith(word.trim()));
}

/** Addresses of three ports, all answering the same. */
async function startBackends(): Promise<string[]> {
  const ports = await freePorts(3);
  const own = join(folder, 'backend');
  mkdirSync(own, { mode: 0o755 });
  const running = start('backends', backendCommand(own, ports, findVersion('nginx', ['-v']) !== undefined), loadCore);
  started.push(running);
  for (const port of ports) {
    const problem = await whyNot(running, `http://127.0.0.1:${port}/`);
    if (problem !== null) throw new Error(`the backends do not run: ${problem}`);
  }
  return ports.map((port) => `127.0.0.1:${port}`);
}

/** The peer, running and seen to forward; or why it takes no part. */
async function enter(peer: Peer, backends: readonly string[], core: number | undefined): Promise<Contestant | string> {
  const [port, secondPort] = (await freePorts(2)) as [number, number];
  const own = join(folder, String(port));
  mkdirSync(own, { mode: 0o755 });
  const { DATABASE_URL: _, SLUICE_CONFIG: __, ...inherited } = process.env;
  // Caddy keeps its state there.
  const env = { ...inherited, XDG_CONFIG_HOME: own, XDG_DATA_HOME: own };
  const running = start(peer.name, peer.command({ folder: own, port, secondPort, backends }), core, env);
  started.push(running);
  const url = `http://127.0.0.1:${port}/`;
  const problem = await whyNot(running, url);
  return problem ?? { peer, running, url, rounds: [] };
}

/** Null when it answers 200 with the backends' body within its time. */
async function whyNot(running: Running, url: string): Promise<string | null> {
  const deadline = Date.now() + START_PATIENCE_MS;
  let problem = 'it did not start';
  while (Date.now() < deadline && !running.hasExited()) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(2000), headers: { connection: 'close' } });
      const body = await answer.text();
      if (answer.status === 200 && body === BODY) return null;
      problem = `it answered ${answer.status} ${body.slice(0, 80)}`;
    } catch {
      // Not yet.
    }
    await wait(50);
  }
  if (!running.hasExited()) return problem;
  const lines = running.output().trim().split('\n');
  const why = lines.find((line) => line.includes('Error')) ?? lines.at(-1) ?? '';
  return `it ended: ${why.replaceAll(folder, '…').replaceAll(root, '')}`;
}

async function measure({ peer, running, url }: Contestant): Promise<Round> {
  const before = cpuMicros(running.pid);
  const { requests, requestsPerSecond, p50Ms, p99Ms, errors } = await applyLoad(url, load);
  const cpuMicrosPerRequest = (cpuMicros(running.pid) - before) / requests;
  if (errors > 0) throw new Error(`${peer.name}: ${errors} of ${requests} requests failed: nothing to compare`);
  return { requestsPerSecond, cpuMicrosPerRequest, p50Ms, p99Ms, residentMiB: residentMiB(running.pid) };
}

function toResult({ peer, rounds: measured }: Contestant): PeerResult {
  return { name: peer.name, version: peer.version!, rounds: measured, median: medianRound(measured) };
}

function describeLoad(): string {
  const pinned = gatewayCore === undefined ? 'not pinned' : 'the gateway on one core, load and backends on another';
  return (
    `Small GET (${BODY.length} bytes of JSON), ${connections} kept connections by ${load.hasWrk ? 'wrk' : 'autocannon'}, ` +
    `${pinned}; ${rounds} alternating rounds of ${seconds} s.`
  );
}

function write(results: Results): void {
  console.log(`\n${describe(results)}\n`);
  save(values.quick ? 'results/tmp/quick.json' : 'results/latest.json', `${JSON.stringify(results, null, 2)}\n`);
  if (values.quick) return;
  const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
  const old = existsSync(page) ? readFileSync(page, 'utf8') : '# Performance\n\nWritten by `npm run bench`.\n';
  save('../docs/performance.md', withResults(old, describe(results)));
}

function save(name: string, text: string): void {
  const path = fileURLToPath(new URL(name, import.meta.url));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = servers.map(async (server) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  });
  const found = await Promise.all(ports);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return found;
}

async function endAll(): Promise<void> {
  await Promise.all(started.splice(0).map(end));
  rmSync(folder, { recursive: true, force: true });
}
