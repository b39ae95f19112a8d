/** `sluice circuits`: the circuits of a running gateway, listed, opened and closed by the admin API. */
import type { CircuitView } from '../../../breaker/api/circuit-view.ts';
import { DEFAULT_OPEN_SECONDS, OPEN_SECONDS } from '../../../breaker/core/breaker-vocabulary.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin } from '../../admin-api.ts';
import type { Context, ExitCode } from '../../context.ts';
import { orNearest } from '../../operate/near-names.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine, type OptionTable } from '../../option-table.ts';
import { runSubcommand, UsageError, unknownAction } from '../../read-words.ts';
import { duration } from '../../sample-backends/sample-arguments.ts';
import { table } from '../../top/text.ts';

const WORDS = {
  list: 'all of them; the default',
  open: 'BACKEND: no requests for a while, whatever it answers',
  close: 'BACKEND: requests again; its trips are cleared',
  reset: 'BACKEND: the same as close',
} as const;

const OPTIONS = {
  for: { type: 'string', value: 'TIME', default: `${DEFAULT_OPEN_SECONDS}s`, help: 'open: for how long, 1s to 24h' },
  ...ADMIN_OPTIONS,
  ...JSON_OPTION,
  ...HELP_OPTION,
} as const satisfies OptionTable;

export const commandLine = {
  about: 'lists, opens and closes the circuits of backends.',
  usage: '[list] | open BACKEND | close BACKEND [flags]',
  words: WORDS,
  options: OPTIONS,
  notes: `BACKEND: an id, or a URL for all backends that have it. All gateways that share the database follow.`,
} as const satisfies CommandLine;

const PATH = '/v1/api/circuit-breaker';

type Circuits = Readonly<Record<string, CircuitView>>;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('circuits', commandLine, args, context, async ({ values, words }) => {
    const [verb = 'list', backend, ...more] = words;
    if (!Object.hasOwn(WORDS, verb)) throw unknownAction(verb, Object.keys(WORDS));
    if (more.length > 0) throw new UsageError(`one backend at a time, not also '${more[0]}'`);
    if (verb === 'list' && backend !== undefined) throw new UsageError('list takes no backend');
    if (verb !== 'list' && backend === undefined) throw new UsageError(`${verb} needs the id or URL of a backend`);
    const seconds = openSeconds(values.for);
    const address = adminAddress(values, context);
    const all = async (): Promise<Circuits> => (await callAdmin<Circuits>(address, 'GET', PATH)).body;
    const show = (circuits: Circuits): ExitCode => {
      context.out(values.json ? `${JSON.stringify(circuits)}\n` : circuitTable(circuits));
      return 0;
    };
    if (backend === undefined) return show(await all());
    const path = `${PATH}/${encodeURIComponent(backend)}`;
    const asked =
      verb === 'open'
        ? callAdmin<Circuits>(address, 'POST', `${path}/open`, { seconds })
        : callAdmin<Circuits>(address, 'POST', `${path}/reset`);
    const known = async (): Promise<readonly string[]> => Object.keys(await all());
    return show(
      (await orNearest(asked, { thing: 'backend', name: backend, code: 'GW_BACKEND_NOT_FOUND', known })).body,
    );
  });
}

function openSeconds(text: string): number {
  const seconds = duration('--for', text) / 1000;
  const { minimum, maximum } = OPEN_SECONDS;
  if (Number.isInteger(seconds) && seconds >= minimum && seconds <= maximum) return seconds;
  throw new UsageError(`--for: found '${text}', allowed are whole seconds from 1s to 24h`);
}

const HEAD = ['BACKEND', 'CIRCUIT', 'FAILED', 'OF', 'IN A ROW', 'TRIPS', 'NEXT TRIAL', ''];

function circuitTable(circuits: Circuits): string {
  const rows = Object.entries(circuits).map(([id, circuit]) => [
    id,
    circuit.enabled || circuit.state !== 'closed' ? circuit.state : 'off',
    String(circuit.failure_count),
    String(circuit.total_calls),
    String(circuit.consecutive_failures),
    String(circuit.trips),
    timeOf(circuit.next_attempt) ?? '-',
    circuit.forced_until === null ? '' : `opened by an operator until ${timeOf(circuit.forced_until)}`,
  ]);
  if (rows.length === 0) return 'no backends\n';
  return `${table([HEAD, ...rows], [2, 3, 4, 5]).join('\n')}\n`;
}

function timeOf(iso: string | null): string | undefined {
  return iso?.replace(/\.\d+Z$/, 'Z');
}
