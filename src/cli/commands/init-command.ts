/** `sluice init`: writes a first configuration file, which plain `sluice` then finds. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { ConfigError, loadText } from '../../config/load.ts';
import { HELP_OPTION, type CommandLine } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../read-words.ts';
import type { Context, ExitCode } from '../context.ts';

export const commandLine = {
  about: 'writes a first configuration file.',
  usage: '[FILE] [flags]',
  takesFile: true,
  options: {
    backend: {
      type: 'string',
      multiple: true,
      value: 'URL',
      help: 'a backend; may be repeated (default http://127.0.0.1:8081)',
    },
    force: { type: 'boolean', help: 'overwrite an existing file' },
    ...HELP_OPTION,
  },
  notes: 'FILE defaults to sluice.yaml, where `sluice` without --config looks for it.',
} as const satisfies CommandLine;

const DEFAULT_FILE = 'sluice.yaml';
const DEFAULT_BACKENDS = ['http://127.0.0.1:8081'];

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand(
    'init',
    commandLine,
    args,
    context,
    async ({ values, words: [file = DEFAULT_FILE, ...more] }) => {
      if (more.length > 0) throw new UsageError(`one file at a time, not also '${more[0]}'`);
      const text = firstFile(values.backend.length === 0 ? DEFAULT_BACKENDS : values.backend);
      // The written file must start: an invalid backend URL is reported here, and nothing is written.
      try {
        loadText(text, file, {}, {});
      } catch (error) {
        if (error instanceof ConfigError) throw new CommandFailure(error.format());
        throw error;
      }
      write(resolve(context.cwd, file), file, text, values.force);
      const asDefault = file === DEFAULT_FILE ? '' : ` --config ${file}`;
      context.out(`${file} is written. \`sluice${asDefault}\` starts a gateway with it.\n`);
      return 0;
    },
  );
}

function firstFile(backends: readonly string[]): string {
  const pools = stringify({ pools: { default: { backends: backends.map((url) => ({ url })) } } });
  return `# Sluice. All keys with their defaults are in sluice.example.yaml, and explained in docs/configuration.md.
# \`sluice check\` reports every mistake before anything starts. Changes apply when this file is saved.

server:
  port: 8080 # for your clients

admin:
  port: 9000 # dashboard, API and Swagger UI: of this machine only, until there are admin.tokens

rate_limit:
  default: # of every client that has no limit of its own
    capacity: 100
    rate_per_second: 10

health_check:
  path: /health # of your backends

${pools}`;
}

function write(path: string, named: string, text: string, isForced: boolean): void {
  try {
    writeFileSync(path, text, { flag: isForced ? 'w' : 'wx' });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new CommandFailure(isThere ? `${named} already exists; --force overwrites it` : (error as Error).message);
  }
}
