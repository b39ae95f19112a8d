import { parseArgs } from 'node:util';

import { nearest } from '../config/schema/nearest.ts';
import type { Flags } from '../config/flags.ts';
import { optionMistake } from './option-mistake.ts';
import { parseOptions, type OptionTable } from './option-table.ts';
import { SUBCOMMANDS } from './subcommands.ts';

export type Command =
  | { readonly name: 'run'; readonly file: string | undefined; readonly flags: Flags }
  | {
      readonly name: 'check';
      readonly file: string | undefined;
      readonly flags: Flags;
      /** Print the configuration as YAML. */
      readonly isPrinting: boolean;
      /** Print what is wrong as JSON. */
      readonly isJson: boolean;
    }
  | { readonly name: 'help' | 'version' }
  /** The command line itself is wrong; one sentence for each mistake. */
  | { readonly name: 'usage-error'; readonly mistakes: readonly string[] };

/** For running and checking. */
export const OPTIONS = {
  config: {
    type: 'string',
    short: 'c',
    value: 'FILE',
    completes: 'file',
    help: 'configuration: YAML, .json, .ts or .js',
  },
  host: { type: 'string', value: 'ADDRESS', help: 'public address' },
  port: { type: 'string', short: 'p', value: 'PORT', help: 'public port, 0: any free one' },
  'admin-host': { type: 'string', value: 'ADDR', help: 'admin address' },
  'admin-port': { type: 'string', value: 'PORT', help: 'admin port, 0: any free one' },
  threads: { type: 'string', value: 'N', help: 'traffic threads, or auto' },
  'data-dir': { type: 'string', value: 'FOLDER', completes: 'file', help: 'the embedded database' },
  backend: { type: 'string', multiple: true, value: 'URL', help: 'a backend of the pool "default"' },
  print: { type: 'boolean', help: 'with check: the configuration as YAML, secrets hidden' },
  json: { type: 'boolean', help: 'with check: every problem with file, line and column, for editors and CI' },
  help: { type: 'boolean', short: 'h', help: 'how to use it' },
  version: { type: 'boolean', short: 'v', help: 'the version' },
} as const satisfies OptionTable;
const COMMANDS = ['run', 'check', ...Object.keys(SUBCOMMANDS)];

/** Reads the command line, without node and script. Every mistake is reported; the values are checked with the file. */
export function readArguments(args: readonly string[]): Command {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: parseOptions(OPTIONS),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  // With strict: true, parseArgs would stop at the first mistake and not know the nearest flag.
  const mistakes = tokens.flatMap((token) => (token.kind === 'option' ? optionMistake(OPTIONS, token) : []));
  if (mistakes.length === 0 && values.help === true) return { name: 'help' };
  if (mistakes.length === 0 && values.version === true) return { name: 'version' };

  const [command, ...files] = positionals;
  if (command !== undefined && command !== 'check' && command !== 'run') mistakes.push(unknownCommand(command));
  else if (files.length > 1) mistakes.push(`${command} takes one file, not ${files.length}`);
  else if (files.length === 1 && values.config !== undefined)
    mistakes.push(`name the file once: ${command} FILE or --config FILE`);
  for (const flag of command === 'check' || mistakes.length > 0 ? [] : (['print', 'json'] as const))
    if (values[flag] === true) mistakes.push(`--${flag} is for check: sluice check --${flag}`);
  if (values.print === true && values.json === true) mistakes.push('one of --print and --json');
  if (mistakes.length > 0) return { name: 'usage-error', mistakes };

  const chosen = { file: files[0] ?? text(values.config), flags: toFlags(values) };
  return command !== 'check'
    ? { name: 'run', ...chosen }
    : { name: 'check', ...chosen, isPrinting: values.print === true, isJson: values.json === true };
}

function unknownCommand(command: string): string {
  const near = nearest(command, COMMANDS);
  if (near !== undefined) return `unknown command ${command}; did you mean ${near}?`;
  return `unknown command ${command}; to run with this file: run ${command}`;
}

type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

function toFlags(values: Values): Flags {
  const flags = {
    host: text(values.host),
    port: text(values.port),
    adminHost: text(values['admin-host']),
    adminPort: text(values['admin-port']),
    threads: text(values.threads),
    dataDir: text(values['data-dir']),
    backends: values.backend,
  };
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) as Flags;
}

function text(value: Values[string]): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
