/** `sluice completion SHELL`: prints a completion script for our commands and flags. */
import { bashCompletion } from '../completion/bash.ts';
import { commandTable } from '../completion/command-table.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { HELP_OPTION, type CommandLine } from '../option-table.ts';
import { runSubcommand, UsageError } from '../read-words.ts';
import type { Context, ExitCode } from '../context.ts';
import { SUBCOMMANDS } from '../subcommands.ts';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

export const commandLine = {
  about: 'prints a completion script for a shell.',
  usage: 'bash | zsh | fish',
  words: {
    bash: 'source <(sluice completion bash)',
    zsh: 'source <(sluice completion zsh)',
    fish: 'sluice completion fish | source',
  } satisfies Record<keyof typeof SHELLS, string>,
  options: HELP_OPTION,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('completion', commandLine, args, context, async ({ words: [shell, ...more] }) => {
    if (shell === undefined || !Object.hasOwn(SHELLS, shell) || more.length > 0)
      throw new UsageError('name one shell: bash, zsh or fish');
    context.out(SHELLS[shell as keyof typeof SHELLS](await commandTable(SUBCOMMANDS)));
    return 0;
  });
}
