/** `sluice fleet`: the gateways that share a database, by the admin API of one of them. */
import type { FleetAnswer } from '../../fleet/api/fleet-view.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin } from '../admin-api.ts';
import type { Context, ExitCode } from '../context.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine, type OptionTable } from '../option-table.ts';
import { runSubcommand, UsageError } from '../read-words.ts';
import { table } from '../top/text.ts';

const OPTIONS = { ...ADMIN_OPTIONS, ...JSON_OPTION, ...HELP_OPTION } as const satisfies OptionTable;

export const commandLine = {
  about: 'lists the gateways that share a database with this one, and what they disagree about.',
  usage: '[flags]',
  options: OPTIONS,
  notes: 'It ends with 1 if a gateway is lost or has lost Redis, if they disagree, or if the database is away.',
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('fleet', commandLine, args, context, async ({ values, words }) => {
    if (words.length > 0) throw new UsageError(`found ${words.length} words; allowed: none`);
    const { body: fleet } = await callAdmin<FleetAnswer>(adminAddress(values, context), 'GET', '/v1/api/fleet');
    context.out(values.json ? `${JSON.stringify(fleet)}\n` : fleetText(fleet));
    const isWhole =
      fleet.live === fleet.items.length && fleet.source !== 'last_known' && withoutRedis(fleet).length === 0;
    return isWhole && fleet.drift.length === 0 ? 0 : 1;
  });
}

const HEAD = ['NAME', 'STATE', 'VERSION', 'UPTIME', 'CONFIG', 'REQ/S', '429/S', 'LIMITS', 'SEEN', 'ADMIN'];

function fleetText(fleet: FleetAnswer): string {
  const { items, live, source, as_of: asOf, drift, ...sums } = fleet;
  const rows = items.map((item) => [
    item.this ? `${item.name} *` : item.name,
    item.state,
    item.version,
    span(item.uptime_seconds),
    item.config_digest ?? '-',
    item.requests_per_second.toFixed(1),
    item.refused_per_second.toFixed(1),
    limitsText(item),
    `${span(item.seen_seconds_ago)} ago`,
    item.admin_url ?? '-',
  ]);
  const rates = `${sums.requests_per_second.toFixed(1)} requests/s, ${sums.refused_per_second.toFixed(1)} refused/s`;
  const lines = [
    ...table([HEAD, ...rows], [5, 6]),
    '',
    `${live} live${source === 'alone' ? ' (embedded database)' : ''}: ${rates}`,
    ...(source === 'last_known' ? [`warning: the database is away; this is as of ${asOf ?? 'never'}`] : []),
    ...drift.map(({ message }) => `warning: ${message}`),
    ...withoutRedis(fleet).map(({ name }) => `warning: ${name} has lost Redis: it admits its share of each limit`),
  ];
  return `${lines.join('\n')}\n`;
}

/** What a lost gateway said last is of no interest. */
function withoutRedis({ items }: FleetAnswer): FleetAnswer['items'] {
  return items.filter(({ state, limit_mode: mode }) => state === 'live' && mode === 'lost');
}

function limitsText({ state, limit_mode: mode, limit_mode_seconds: seconds }: FleetAnswer['items'][number]): string {
  if (state === 'lost') return '-';
  return seconds === null ? mode : `${mode} ${span(seconds)}`;
}

/** In its largest unit. */
function span(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
