/** Everything on Sluice's command line, from the tables that it is parsed with. */
import { OPTIONS } from '../arguments.ts';
import type { OptionTable } from '../option-table.ts';
import type { Subcommand } from '../subcommands.ts';

export interface CommandRow {
  /** Empty: no command, the gateway itself. */
  readonly name: string;
  readonly summary: string;
  readonly words: Readonly<Record<string, string>>;
  readonly takesFile: boolean;
  readonly options: OptionTable;
}

export async function commandTable(subcommands: Readonly<Record<string, Subcommand>>): Promise<readonly CommandRow[]> {
  const rows: CommandRow[] = [
    { name: '', summary: 'run the gateway', words: {}, takesFile: false, options: OPTIONS },
    { name: 'run', summary: 'run the gateway', words: {}, takesFile: true, options: OPTIONS },
    { name: 'check', summary: 'check a configuration', words: {}, takesFile: true, options: OPTIONS },
  ];
  for (const [name, { summary, load }] of Object.entries(subcommands)) {
    const { commandLine } = await load();
    const { words = {}, takesFile = false, options = {} } = commandLine ?? {};
    rows.push({ name, summary, words, takesFile, options });
  }
  return rows;
}

/** `--port` and `-p`. */
export function flagNames(options: OptionTable): string[] {
  return Object.entries(options).flatMap(([name, { short }]) => [
    `--${name}`,
    ...(short === undefined ? [] : [`-${short}`]),
  ]);
}

/** As one word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
