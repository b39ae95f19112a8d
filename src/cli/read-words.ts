import { parseArgs } from 'node:util';
import { didYouMean } from '../config/schema/nearest.ts';
import { optionMistake } from './option-mistake.ts';
import { parseOptions, type CommandLine, type OptionTable } from './option-table.ts';
import type { Context, ExitCode } from './context.ts';
import { usageText } from './usage.ts';

/** Mistakes on the command line; all are printed, then the command ends with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly mistakes: readonly string[];

  constructor(...mistakes: readonly string[]) {
    super(mistakes.join('; '));
    this.mistakes = mistakes;
  }
}

/** The mistake of a command's first word. @param action undefined: there is none */
export function unknownAction(action: string | undefined, allowed: readonly string[]): UsageError {
  const found = action === undefined ? 'no action' : `unknown action '${action}'${didYouMean(action, allowed)}`;
  return new UsageError(`${found}; allowed: ${allowed.join(', ')}`);
}

/** A failure at run time that one line explains; the command ends with 1. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

type Value<Of extends OptionTable[string]> = Of extends { type: 'boolean' }
  ? boolean
  : Of extends { multiple: true }
    ? readonly string[]
    : Of extends { default: string }
      ? string
      : string | undefined;

export interface Words<Table extends OptionTable> {
  readonly values: { readonly [Name in keyof Table]: Value<Table[Name]> };
  readonly words: readonly string[];
}

/** Parses a subcommand's words by its table. Throws a UsageError with every mistake. */
export function readWords<Table extends OptionTable>(table: Table, args: readonly string[]): Words<Table> {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: parseOptions(table),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const mistakes = tokens.flatMap((token) => (token.kind === 'option' ? optionMistake(table, token) : []));
  if (mistakes.length > 0) throw new UsageError(...mistakes);
  const filled = Object.entries(table).map(([name, { type, multiple, default: fallback }]) => [
    name,
    values[name] ?? (type === 'boolean' ? false : multiple === true ? [] : fallback),
  ]);
  return { values: Object.fromEntries(filled) as Words<Table>['values'], words: positionals };
}

/** Runs a subcommand: `--help`, mistakes and failures are handled the same way for all of them. */
export async function runSubcommand<Table extends OptionTable>(
  name: string,
  line: CommandLine & { readonly options: Table },
  args: readonly string[],
  context: Context,
  run: (words: Words<Table>) => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    const words = readWords(line.options, args);
    if (words.values['help'] === true) {
      context.out(usageText(name, line));
      return 0;
    }
    return await run(words);
  } catch (error) {
    if (error instanceof UsageError) {
      const report = error.mistakes.map((mistake) => `sluice ${name}: ${mistake}\n`).join('');
      context.err(`${report}See sluice ${name} --help.\n`);
      return 2;
    }
    if (!(error instanceof CommandFailure)) throw error;
    context.err(`sluice ${name}: ${error.message}\n`);
    return 1;
  }
}
