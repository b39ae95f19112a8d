/**
 * A command's flags in one table: used to parse the command line, and to generate its help and the shell completion.
 */
import type { ParseArgsOptionsConfig } from 'node:util';

export interface Option {
  readonly type: 'string' | 'boolean';
  /** One letter. */
  readonly short?: string;
  /** It may be given several times. */
  readonly multiple?: boolean;
  /** The placeholder for the value in the help: `URL`. */
  readonly value?: string;
  /** The only possible values, for completion. */
  readonly choices?: readonly string[];
  /** The kind of value, if a shell can complete it. */
  readonly completes?: 'file';
  /** The default, as text; shown in the help. */
  readonly default?: string;
  /** One line, at most 70 characters. */
  readonly help: string;
}

export type OptionTable = Readonly<Record<string, Option>>;

/** What a subcommand takes. */
export interface CommandLine {
  /** What it does, a sentence or two. */
  readonly about: string;
  /** After `sluice NAME`: `PROFILE [flags]`. */
  readonly usage: string;
  /** Possible first words, with a line about each: `list` of `clients`. */
  readonly words?: Readonly<Record<string, string>>;
  /** A word that is a file, for completion. */
  readonly takesFile?: boolean;
  readonly options: OptionTable;
  /** Shown below the flags in the help. */
  readonly notes?: string;
}

export const HELP_OPTION = { help: { type: 'boolean', short: 'h', help: 'this text' } } as const satisfies OptionTable;
export const JSON_OPTION = { json: { type: 'boolean', help: 'for scripts: JSON' } } as const satisfies OptionTable;

/**
 * As node:util parseArgs takes it. Defaults are left to the reader: parseArgs cannot distinguish them from given
 * values.
 */
export function parseOptions(table: OptionTable): ParseArgsOptionsConfig {
  return Object.fromEntries(
    Object.entries(table).map(([name, { type, short, multiple = false }]) => [
      name,
      { type, multiple, ...(short === undefined ? {} : { short }) },
    ]),
  );
}
