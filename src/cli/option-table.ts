/** A command's flags in one table: the command line is read by it, and its help and the shell completion are made of it. */
import type { ParseArgsOptionsConfig } from 'node:util';

export interface Option {
  readonly type: 'string' | 'boolean';
  /** One letter. */
  readonly short?: string;
  /** It may be given several times. */
  readonly multiple?: boolean;
  /** What stands for the value in the help: `URL`. */
  readonly value?: string;
  /** The only values there are, for completion. */
  readonly choices?: readonly string[];
  /** What the value is, where a shell knows how to complete it. */
  readonly completes?: 'file';
  /** When it is left out, as text; stands in the help. */
  readonly default?: string;
  /** One line, at most 70 characters. */
  readonly help: string;
}

export type OptionTable = Readonly<Record<string, Option>>;

/** What a subcommand takes. */
export interface CommandLine {
  /** What it does, a sentence or two. */
  readonly about: string;
  /** Behind `sluice NAME`: `PROFILE [flags]`. */
  readonly usage: string;
  /** First words there are, with a line about each: `list` of `clients`. */
  readonly words?: Readonly<Record<string, string>>;
  /** A word that is a file, for completion. */
  readonly takesFile?: boolean;
  readonly options: OptionTable;
  /** Stands below the flags in the help. */
  readonly notes?: string;
}

export const HELP_OPTION = { help: { type: 'boolean', short: 'h', help: 'this text' } } as const satisfies OptionTable;
export const JSON_OPTION = { json: { type: 'boolean', help: 'for scripts: JSON' } } as const satisfies OptionTable;

/** As node:util parseArgs takes it. Defaults are left to the reader: parseArgs cannot tell them from what was given. */
export function parseOptions(table: OptionTable): ParseArgsOptionsConfig {
  return Object.fromEntries(
    Object.entries(table).map(([name, { type, short, multiple = false }]) => [
      name,
      { type, multiple, ...(short === undefined ? {} : { short }) },
    ]),
  );
}
