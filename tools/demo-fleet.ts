/**
 * `npm run demo:fleet`: three gateways that share a limit by a real Redis; Redis is killed, and started again. Ends by itself.
 *
 * Everything is on loopback, on free ports, in processes of its own, and ends with the demo.
 */
import { describeFailure } from '../src/cli/describe-failure.ts';
import type { OptionTable } from '../src/cli/option-table.ts';
import { readWords, UsageError } from '../src/cli/read-words.ts';
import { wholeNumber } from '../src/cli/sample-backends/sample-arguments.ts';
import { closeAll, FleetLab, gatewayName, RedisMissing } from './fleet/fleet-lab.ts';
import { Skipped } from './chaos/fault.ts';
import { sendEvenly, type Spread } from './fleet/send-evenly.ts';

const OPTIONS = {
  capacity: { type: 'string', default: '120', help: 'of the limit that the gateways share' },
  requests: { type: 'string', default: '300', help: 'of a client, over all gateways' },
  stay: { type: 'boolean', help: 'go on at the end, for the dashboards, until Ctrl-C' },
} as const satisfies OptionTable;

const GATEWAYS = 3;
/** So little refills during the demo that the sums need no clock: a token in a quarter of an hour. */
const RATE_PER_SECOND = 0.001;

/** Documentation addresses, RFC 5737. */
const CLIENTS = { first: '192.0.2.1', second: '192.0.2.2', third: '192.0.2.3' } as const;

const closing: (() => unknown)[] = [];
let isEnding = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isEnding = true;
    void closeAll(closing).finally(() => process.exit(0));
  });
}
try {
  const { values } = readWords(OPTIONS, process.argv.slice(2));
  const capacity = wholeNumber('--capacity', values.capacity, GATEWAYS, 100_000);
  const requests = wholeNumber('--requests', values.requests, 1, 100_000);
  await demonstrate(capacity, requests);
  if (values.stay) {
    say('Ctrl-C stops everything.');
    await new Promise(() => setInterval(() => {}, 60_000));
  }
} catch (error) {
  // Requests fail once a signal ends the gateways.
  if (!isEnding) {
    process.stderr.write(`${explained(error)}\n`);
    process.exitCode = 1;
  }
} finally {
  await closeAll(closing);
}

async function demonstrate(capacity: number, requests: number): Promise<void> {
  say(`Starting Redis, PostgreSQL, three sample backends and ${GATEWAYS} gateways …`);
  const lab = await FleetLab.start(
    {
      count: GATEWAYS,
      backends: 3,
      hasPostgres: true,
      config: {
        rate_limit: {
          default: { capacity, rate_per_second: RATE_PER_SECOND },
          // Ten times the defaults: all of this and the load run on one machine.
          shared: { wait: '100ms', lost_after: '1s' },
        },
      },
    },
    closing,
  );
  describeLab(lab);

  say(`1. One limit: ${capacity} requests for each client, whichever gateway it comes to`);
  await show(lab, CLIENTS.first, requests, `the limit is ${capacity}`);

  say(`2. Redis is killed (pid ${lab.redis.pid})`);
  const killedMs = performance.now();
  await lab.redis.kill();
  await lab.mustBecome('lost');
  say(
    `   All gateways know it after ${seconds(killedMs)}. Each admits its share, ` +
      `${capacity} / ${GATEWAYS} = ${Math.floor(capacity / GATEWAYS)}, of the limit of another client:`,
  );
  await show(lab, CLIENTS.second, requests, `the limit is ${capacity}`);
  say('   The first client has used up its limit. It is not reset:');
  await show(lab, CLIENTS.first, GATEWAYS * 3, 'nothing is left');

  say('3. Redis starts again, empty');
  const startedMs = performance.now();
  await lab.redis.start();
  await lab.mustBecome('shared');
  say(`   All gateways share again after ${seconds(startedMs)}. What was admitted meanwhile counts:`);
  await show(lab, CLIENTS.second, GATEWAYS * 3, 'nothing is left');
  say('   A client that is new has one limit again:');
  await show(lab, CLIENTS.third, requests, `the limit is ${capacity}`);
}

function describeLab({ gateways, redis, postgres }: FleetLab): void {
  const database =
    postgres === undefined ? 'an embedded database for each gateway' : 'PostgreSQL, one for all gateways';
  const lines = gateways.map(
    ({ trafficUrl, adminUrl, pid }, index) =>
      `  ${gatewayName(index)}  ${trafficUrl}  dashboard ${adminUrl}/  pid ${pid}`,
  );
  say(['', ...lines, `  limits     ${redis.version}, ${redis.url}`, `  database   ${database}`, ''].join('\n'));
}

async function show(lab: FleetLab, client: string, requests: number, allowed: string): Promise<void> {
  const spread = await sendEvenly(
    lab.gateways.map(({ trafficUrl }) => trafficUrl),
    client,
    requests,
  );
  say(`\n${rows(client, spread, allowed)}\n`);
}

function rows(client: string, spread: Spread, allowed: string): string {
  const line = (name: string, admitted: number | string, refused: number | string, rest = ''): string =>
    `   ${name.padEnd(12)}${String(admitted).padStart(9)}${String(refused).padStart(9)}${rest}`;
  return [
    line(client, 'admitted', 'refused'),
    ...spread.gateways.map(({ admitted, refused }, index) => line(gatewayName(index), admitted, refused)),
    line('sum', spread.admitted, spread.refused, `   ${allowed}`),
  ].join('\n');
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(2)} s`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function explained(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nFlags: --${Object.keys(OPTIONS).join(', --')}`;
  return error instanceof RedisMissing || error instanceof Skipped ? error.message : describeFailure(error);
}
