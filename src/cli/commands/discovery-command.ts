/** `sluice discovery`: the members of pools with a source, and routes from elsewhere, by the admin API. */
import type { DiscoveryAnswer } from '../../discovery/api/discovery-view.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin } from '../admin-api.ts';
import type { Context, ExitCode } from '../context.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine, type OptionTable } from '../option-table.ts';
import { runSubcommand, UsageError } from '../read-words.ts';
import { harmless, table } from '../top/text.ts';

const OPTIONS = { ...ADMIN_OPTIONS, ...JSON_OPTION, ...HELP_OPTION } as const satisfies OptionTable;

export const commandLine = {
  about: 'lists the pools with `discover`, what their sources say, their members, and routes that were found.',
  usage: '[flags]',
  options: OPTIONS,
  notes: 'It ends with 1 if a source fails or has not answered yet.',
} as const satisfies CommandLine;

type PoolItem = DiscoveryAnswer['items'][number];

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('discovery', commandLine, args, context, async ({ values, words }) => {
    if (words.length > 0) throw new UsageError(`found ${words.length} words; allowed: none`);
    const { body } = await callAdmin<DiscoveryAnswer>(adminAddress(values, context), 'GET', '/v1/api/discovery');
    context.out(values.json ? `${JSON.stringify(body)}\n` : discoveryText(body));
    return [...body.items, ...body.providers].every(({ state }) => state === 'current') ? 0 : 1;
  });
}

function discoveryText({ items, providers }: DiscoveryAnswer): string {
  if (items.length + providers.length === 0) return 'no pool has `discover`\n';
  return `${[...providers.map(providerText), ...items.map(poolText)].join('\n\n')}\n`;
}

function providerText(provider: DiscoveryAnswer['providers'][number]): string {
  const age = provider.age_seconds === null ? 'no list yet' : `last list ${Math.round(provider.age_seconds)}s ago`;
  const counts = `${provider.routes.length} routes, ${provider.changes} changes, ${provider.failures} failures`;
  return [
    `routes of ${provider.provider}  ${provider.state}  ${age}  ${counts}`,
    ...(provider.last_error === null
      ? []
      : [`  error: ${provider.last_error}; failing since ${provider.failing_since}`]),
    ...provider.problems.map(({ subject, message }) => `  does not apply: ${subject}: ${message}`),
    ...provider.routes.map((route) => `  ${route}`),
  ]
    .map(harmless)
    .join('\n');
}

function poolText(pool: PoolItem): string {
  const age = pool.age_seconds === null ? 'no list yet' : `last list ${Math.round(pool.age_seconds)}s ago`;
  const counts = `${pool.members.length} members, ${pool.changes} changes, ${pool.failures} failures`;
  const rows = pool.members.map((member) => [
    `  ${member.id}`,
    member.url,
    String(member.weight),
    wordsOf(member).join(', ') || 'listed',
  ]);
  return [
    `${pool.pool}  ${pool.source}  ${pool.state}  ${age}  ${counts}`,
    ...(pool.last_error === null ? [] : [`  error: ${pool.last_error}; failing since ${pool.failing_since}`]),
    ...pool.refused.map((entry) => `  refused: ${entry}`),
    ...(rows.length === 0 ? [] : table([['  MEMBER', 'URL', 'WEIGHT', 'STATE'], ...rows], [2])),
  ]
    .map(harmless)
    .join('\n');
}

function wordsOf({ proven, held, draining, backup }: PoolItem['members'][number]): string[] {
  return [
    ...(held === null ? [] : [held.until === null ? 'held' : `held until ${held.until}`]),
    ...(proven ? [] : ['unproven']),
    ...(draining ? ['draining'] : []),
    ...(backup ? ['backup'] : []),
  ];
}
