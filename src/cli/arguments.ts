import { parseArgs } from 'node:util';

import { nearest } from '../config/nearest.ts';
import type { Flags } from '../config/flags.ts';
import { SUBCOMMANDS } from './subcommands.ts';

export type Command =
  | { readonly name: 'run' | 'check'; readonly file: string | undefined; readonly flags: Flags }
  | { readonly name: 'help' | 'version' }
  /** The command line itself is wrong; one sentence for each mistake. */
  | { readonly name: 'usage-error'; readonly mistakes: readonly string[] };

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  host: { type: 'string' },
  port: { type: 'string', short: 'p' },
  'admin-host': { type: 'string' },
  'admin-port': { type: 'string' },
  threads: { type: 'string' },
  'data-dir': { type: 'string' },
  backend: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;
const NAMES = Object.keys(OPTIONS).map((name) => `--${name}`);
const COMMANDS = ['check', ...Object.keys(SUBCOMMANDS)];

/** Reads the command line, without node and script. Every mistake is told; the values are checked with the file. */
export function readArguments(args: readonly string[]): Command {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  // With strict: true, parseArgs would stop at the first mistake and not know the nearest flag.
  const mistakes = tokens.flatMap((token) => (token.kind === 'option' ? optionMistake(token) : []));
  if (mistakes.length === 0 && values.help === true) return { name: 'help' };
  if (mistakes.length === 0 && values.version === true) return { name: 'version' };

  const [command, ...files] = positionals;
  if (command !== undefined && command !== 'check') mistakes.push(unknownCommand(command));
  else if (files.length > 1) mistakes.push(`check takes one file, not ${files.length}`);
  else if (files.length === 1 && values.config !== undefined)
    mistakes.push('name the file once: check FILE or --config FILE');
  if (mistakes.length > 0) return { name: 'usage-error', mistakes };

  return {
    name: command === undefined ? 'run' : 'check',
    file: files[0] ?? text(values.config),
    flags: toFlags(values),
  };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function optionMistake({ name, rawName, value, inlineValue }: OptionToken): string[] {
  if (!Object.hasOwn(OPTIONS, name)) {
    const near = nearest(rawName, NAMES);
    return [`unknown flag ${rawName}${near === undefined ? '' : `; did you mean ${near}?`}`];
  }
  if (OPTIONS[name as keyof typeof OPTIONS].type === 'boolean') {
    return value === undefined ? [] : [`${rawName} takes no value`];
  }
  if (value === undefined || value === '') return [`${rawName} needs a value`];
  // `--port --host ::1` forgot a value; a value that begins with a dash is written --port=-1.
  return value.startsWith('-') && inlineValue === false ? [`${rawName} needs a value, but ${value} follows`] : [];
}

function unknownCommand(command: string): string {
  const near = nearest(command, COMMANDS);
  if (near !== undefined) return `unknown command ${command}; did you mean ${near}?`;
  return `unknown command ${command}; to run with this file: --config ${command}`;
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
