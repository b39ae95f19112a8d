/** `sluice scale`: how many replicas are wanted, and a command that starts and stops them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { REPLICAS } from '../../scaling/core/scaling-vocabulary.ts';
import type { ScaleAnswer } from '../../scaling/api/scale-view.ts';
import { ADMIN_OPTIONS, adminAddress, type AdminAddress, callAdmin } from '../admin-api.ts';
import { endedBySignal } from '../ended-by-signal.ts';
import type { Context, ExitCode } from '../context.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../read-words.ts';
import { duration } from '../sample-backends/sample-arguments.ts';
import { runInShell, ScaleRounds, type ScaleTarget, type WantedReplicas } from '../scale/scale-rounds.ts';
import { notThere } from '../operate/near-names.ts';
import { table } from '../top/text.ts';

export const commandLine = {
  about: 'shows how many replicas are wanted, and has a command of yours start and stop them.',
  usage: '[POOL|all] [flags]',
  options: {
    gateways: { type: 'boolean', help: 'gateways instead of a pool: fleet.scale' },
    run: { type: 'string', value: 'COMMAND', help: 'sets the number: a shell runs it with $SLUICE_REPLICAS' },
    replicas: { type: 'string', value: 'N', help: 'a number from min to max, or auto, the default: as wanted' },
    watch: { type: 'boolean', help: 'run it whenever another number is wanted, until Ctrl-C' },
    interval: { type: 'string', value: 'TIME', default: '15s', help: 'with --watch: between two looks, 1s to 10m' },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
    ...HELP_OPTION,
  },
  notes: `Sluice starts nothing itself: the command does. It also gets $SLUICE_TARGET, the pool. A pool needs
scale in the configuration. Example:
  sluice scale web --watch --run 'docker compose up -d --no-recreate --scale web=$SLUICE_REPLICAS'`,
} as const satisfies CommandLine;

const GATEWAYS = 'gateways';
const INTERVAL_MS = { least: 1000, most: 600_000 };

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('scale', commandLine, args, context, async ({ values, words }) => {
    const [word, ...more] = words;
    if (more.length > 0) throw new UsageError(`unexpected argument '${more[0]}'`);
    if (values.gateways && word !== undefined) throw new UsageError('either a pool or --gateways');
    const replicas = replicasOf(values.replicas);
    const intervalMs = duration('--interval', values.interval);
    if (intervalMs < INTERVAL_MS.least || intervalMs > INTERVAL_MS.most)
      throw new UsageError(`--interval: found '${values.interval}', allowed is 1s to 10m`);
    const address = adminAddress(values, context);
    const read = async (): Promise<readonly ScaleTarget[]> =>
      targetsOf(await readScale(address), word, values.gateways);
    if (values.run === undefined) {
      if (values.replicas !== undefined || values.watch)
        throw new UsageError('--replicas and --watch need --run: the command that starts and stops replicas');
      return show(address, word, values, context);
    }
    if (word === undefined && !values.gateways) throw new UsageError('--run needs a pool, all or --gateways');
    for (const target of await read()) assertAllowed(replicas, target);
    const rounds = new ScaleRounds(replicas, {
      read,
      run: runInShell(values.run, context),
      print: (line) => context.out(`${line}\n`),
      warn: (line) => context.err(`sluice scale: ${line}\n`),
    });
    if (!values.watch) return (await rounds.once()) ? 0 : 1;
    await watch(rounds, intervalMs);
    return 0;
  });
}

async function readScale(address: AdminAddress): Promise<ScaleAnswer> {
  return (await callAdmin<ScaleAnswer>(address, 'GET', '/v1/api/scale')).body;
}

async function show(
  address: AdminAddress,
  word: string | undefined,
  { json, gateways }: { readonly json: boolean; readonly gateways: boolean },
  context: Context,
): Promise<ExitCode> {
  const answer = await readScale(address);
  // Without one: everything, and nothing is no mistake.
  const targets = word === undefined && !gateways ? allTargets(answer) : targetsOf(answer, word, gateways);
  if (json) context.out(`${JSON.stringify(targets)}\n`);
  else if (targets.length === 0) context.out('no pool has scale in the configuration, and the fleet has none\n');
  else context.out(`${stateText(targets)}\n`);
  return 0;
}

function allTargets({ gateway, pools }: ScaleAnswer): readonly ScaleTarget[] {
  const named = pools.map(({ pool, ...advice }) => ({ name: pool, ...advice }));
  return gateway === null ? named : [{ name: GATEWAYS, ...gateway }, ...named];
}

/** Of one pool, of all, or of the gateways. Throws a CommandFailure if there are none. */
function targetsOf(answer: ScaleAnswer, word: string | undefined, isGateways: boolean): readonly ScaleTarget[] {
  if (isGateways) {
    if (answer.gateway !== null) return [{ name: GATEWAYS, ...answer.gateway }];
    throw new CommandFailure('fleet.scale is missing in the configuration');
  }
  const all = allTargets({ ...answer, gateway: null });
  const found = word === 'all' ? all : all.filter(({ name }) => name === word);
  if (found.length > 0) return found;
  throw notThere(
    'pool with scale',
    word ?? '',
    all.map(({ name }) => name),
  );
}

const HEAD = ['TARGET', 'WANTED', 'PRESENT', 'READY', 'MIN', 'MAX', 'REASON'];

function stateText(targets: readonly ScaleTarget[]): string {
  const rows = targets.map(({ name, wanted, present, ready, min, max, reason }) => [
    name,
    ...[wanted, present, ready, min, max].map(String),
    reason,
  ]);
  return table([HEAD, ...rows], [1, 2, 3, 4, 5]).join('\n');
}

function replicasOf(text = 'auto'): WantedReplicas {
  if (text === 'auto') return text;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= REPLICAS.minimum && value <= REPLICAS.maximum) return value;
  throw new UsageError(
    `--replicas: found '${text}', allowed is auto or a number from ${REPLICAS.minimum} to ${REPLICAS.maximum}`,
  );
}

function assertAllowed(replicas: WantedReplicas, { name, min, max }: ScaleTarget): void {
  if (replicas === 'auto' || (replicas >= min && replicas <= max)) return;
  throw new UsageError(`--replicas: found ${replicas}, allowed for ${name} is ${min} to ${max}`);
}

async function watch(rounds: ScaleRounds, intervalMs: number): Promise<void> {
  const { signal } = endedBySignal();
  while (!signal.aborted) {
    await rounds.round();
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}
