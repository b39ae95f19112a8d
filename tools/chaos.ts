/**
 * `npm run chaos`: a gateway under load, one fault after the other, and whether it kept its promises.
 *
 * node tools/chaos.ts [--short] [--json] [--only NAME,…] [--seconds 5]
 *
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
import { type FaultResult, runFault, skipped } from './chaos/run-fault.ts';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    seconds: { type: 'string' },
  },
});
const holdMs = Number(values.seconds ?? (values.short ? 2 : 5)) * 1000;
const names = values.only.split(',').filter((name) => name !== '');
const isAsked = ({ name, isShort }: Fault): boolean =>
  names.length > 0 ? names.some((start) => name.startsWith(start)) : isShort || !values.short;

/** Of a line of the gateway's log, characters. */
const MAX_LINE = 300;

const openLabs: Promise<Lab>[] = [];
const servers: PostgresServer[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void closeAll().finally(() => process.exit(1)));
}
const results: FaultResult[] = [];
try {
  await inLab([...backendFaults, ...clientFaults, ...gatewayFaults, ...storageFaults].filter(isAsked));
  await onPostgres();
} finally {
  await closeAll();
}
console.log(values.json ? JSON.stringify(results, null, 2) : `\n${table(results)}`);
process.exitCode = results.length === 0 || results.some(({ verdict }) => verdict === 'FAILED') ? 1 : 0;

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
