/** `sluice version`: what runs, for a report of a bug. */
import { BUILD, COMMIT, VERSION } from '../../version.ts';
import type { Context, ExitCode } from '../context.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../option-table.ts';
import { runSubcommand, UsageError } from '../read-words.ts';
import { table } from '../top/text.ts';

export const commandLine = {
  about: 'prints the version of this program, and of what it runs on. That of a running gateway: sluice status.',
  usage: '[flags]',
  options: { ...JSON_OPTION, ...HELP_OPTION },
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('version', commandLine, args, context, async ({ values, words }) => {
    if (words.length > 0) throw new UsageError(`found ${words.length} words; allowed: none`);
    const { node, v8, openssl, sqlite } = process.versions;
    const all = {
      version: VERSION,
      commit: COMMIT,
      build: BUILD,
      node,
      v8,
      openssl,
      sqlite: sqlite ?? null,
      platform: process.platform,
      arch: process.arch,
    };
    const rows = Object.entries(all).map(([name, value]) => [name, value ?? 'unknown']);
    context.out(values.json ? `${JSON.stringify(all)}\n` : `${table(rows).join('\n')}\n`);
    return 0;
  });
}
