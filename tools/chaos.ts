/**
 * `npm run chaos`: a gateway under load, one fault after the other, and whether it kept its promises.
 *
 * node tools/chaos.ts [--short] [--json] [--only NAME,…] [--seconds 5] [--fleet N]
 *
 * --fleet N runs the faults of N gateways that share their limits instead: Redis hangs, is killed, comes back empty; a gateway
 * is cut off, killed, restarted. It needs redis-server or valkey-server.
 * --short ends within a minute and runs the most important faults. --json prints the results, not the table. --only
 * selects faults whose names begin so. --seconds is how long each fault lasts. Exit code 0: every fault passed or was
 * skipped; 1: one failed. Everything is on loopback, in processes of its own.
 */
import { parseArgs } from 'node:util';
import { backendFaults } from './chaos/faults/backend-faults.ts';
import { clientFaults } from './chaos/faults/client-faults.ts';
import { gatewayFaults } from './chaos/faults/gateway-faults.ts';
import { postgresStops } from './chaos/faults/postgres-faults.ts';
import { storageFaults } from './chaos/faults/storage-faults.ts';
import { type Fault, Skipped } from './chaos/fault.ts';
import { Lab } from './chaos/chaos-lab.ts';
import { type PostgresServer, startPostgres } from './chaos/postgres-server.ts';
import { table } from './chaos/chaos-report.ts';
import { runFleet } from './chaos/fleet/run-fleet.ts';
import { type FaultResult, runFault, skipped } from './chaos/run-fault.ts';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    seconds: { type: 'string' },
    fleet: { type: 'string' },
  },
});
const holdMs = Number(values.seconds ?? (values.short ? 2 : 5)) * 1000;
const names = values.only.split(',').filter((name) => name !== '');
const isNamed = (name: string): boolean => names.some((start) => name.startsWith(start));
const isAsked = ({ name, isShort }: Fault): boolean => (names.length > 0 ? isNamed(name) : isShort || !values.short);

/** Of a line of the gateway's log, characters. */
const MAX_LINE = 300;

const openLabs: Promise<Lab>[] = [];
const servers: PostgresServer[] = [];
const results: FaultResult[] = [];
process.exitCode = values.fleet === undefined ? await runAll() : await runFleetOf(Number(values.fleet));

async function runFleetOf(count: number): Promise<number> {
  if (!Number.isInteger(count) || count < 2 || count > 10) {
    throw new RangeError(`--fleet: found '${values.fleet}', allowed is a whole number from 2 to 10`);
  }
  const { short: isShort, json: isJson } = values;
  const holdMs = Number(values.seconds ?? (isShort ? 1 : 5)) * 1000;
  return runFleet({ count, holdMs, isShort, isJson, say, isAsked: ({ name }) => names.length === 0 || isNamed(name) });
}

async function runAll(): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void closeAll().finally(() => process.exit(1)));
  }
  try {
    await inLab([...backendFaults, ...clientFaults, ...gatewayFaults, ...storageFaults].filter(isAsked));
    await onPostgres();
  } finally {
    await closeAll();
  }
  console.log(values.json ? JSON.stringify(results, null, 2) : `\n${table(results)}`);
  return results.length === 0 || results.some(({ verdict }) => verdict === 'FAILED') ? 1 : 0;
}

/** Damage by one fault is not blamed on the next: after a failure, they continue in a new lab. */
async function inLab(faults: readonly Fault[], databaseUrl = ''): Promise<void> {
  let lab: Lab | undefined;
  for (const fault of faults) {
    lab ??= await openLab(databaseUrl);
    say(`${fault.name}: ${fault.expects}`);
    const linesBefore = lab.gateway.linesLogged;
    const result = await runFault(fault, lab, holdMs);
    results.push(result);
    say(`  ${[result.verdict, result.note, ...result.reasons].filter((text) => text !== '').join('; ')}`);
    if (result.verdict !== 'FAILED') continue;
    for (const line of lab.gateway.logSince(linesBefore)) say(`    ${line.slice(0, MAX_LINE)}`);
    await closeLab();
    lab = undefined;
  }
  await closeLab();
}

async function openLab(databaseUrl: string): Promise<Lab> {
  const starting = Lab.start(databaseUrl);
  // At once: a signal may come while it starts.
  openLabs.push(starting);
  return starting;
}

async function closeLab(): Promise<void> {
  // A lab that could not start has closed itself.
  for (const lab of openLabs.splice(0)) await (await lab.catch(() => undefined))?.close();
}

async function onPostgres(): Promise<void> {
  const nobody: PostgresServer = { url: '', start: never, stop: never, destroy: never };
  if (!isAsked(postgresStops(nobody))) return;
  try {
    const server = await startPostgres();
    servers.push(server);
    await inLab([postgresStops(server)], server.url);
  } catch (error) {
    if (!(error instanceof Skipped)) throw error;
    results.push(skipped(postgresStops(nobody), error.message));
  }
}

function never(): Promise<never> {
  throw new Error('there is no server');
}

async function closeAll(): Promise<void> {
  await closeLab();
  for (const server of servers.splice(0)) await server.destroy();
}

/** Progress is not part of the results. */
function say(text: string): void {
  if (values.json) process.stderr.write(`${text}\n`);
  else process.stdout.write(`${text}\n`);
}
