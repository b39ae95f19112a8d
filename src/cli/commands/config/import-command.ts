/** `sluice import OLD_FILE`: converts another balancer's configuration into a sluice.yaml. */
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from '../../../config/load.ts';
import { readText } from '../../../config/file/text-reader.ts';
import { importConfig, type Imported, type ImportOptions } from '../../import/import-config.ts';
import { ImportFailure } from '../../import/old-file.ts';
import { OLD_FORMATS, type OldFormat } from '../../import/old-format.ts';
import { HELP_OPTION, type CommandLine } from '../../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../../read-words.ts';
import type { Context, ExitCode } from '../../context.ts';

export const commandLine = {
  about: 'turns a configuration file of one of four other balancers into a sluice.yaml.',
  usage: 'OLD_FILE [flags]',
  takesFile: true,
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      completes: 'file',
      help: 'write to this file instead of standard output',
    },
    force: { type: 'boolean', help: 'overwrite an existing file' },
    'drop-unsupported': {
      type: 'boolean',
      help: 'omit rules that cannot be translated; otherwise the file is rejected',
    },
    from: { type: 'string', value: 'FORMAT', help: 'proxy, balancer, durations or servers; default: detected' },
    json: { type: 'boolean', help: 'print format, configuration and warnings as JSON' },
    ...HELP_OPTION,
  },
  notes: `Warnings are printed on standard error and listed at the top of the result. docs/migrating.md describes the four formats.`,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('import', commandLine, args, context, async ({ values, words: [file, ...more] }) => {
    if (file === undefined) throw new UsageError('which file?');
    if (more.length > 0) throw new UsageError(`one file at a time, not also '${more[0]}'`);
    const from = values.from as OldFormat | undefined;
    if (from !== undefined && !OLD_FORMATS.includes(from))
      throw new UsageError(`--from: found '${from}', allowed is ${OLD_FORMATS.join(', ')}`);
    const output = values.output === undefined ? undefined : resolve(context.cwd, values.output);
    if (output !== undefined && existsSync(output) && !values.force)
      throw new CommandFailure(`${values.output} already exists; --force overwrites it`);
    const imported = read(file, context.cwd, { format: from, dropsUnsupported: values['drop-unsupported'] });
    if (output !== undefined) write(output, imported.yaml);
    if (values.json) {
      const { format, warnings, config } = imported;
      context.out(`${JSON.stringify({ format, warnings, config })}\n`);
      return 0;
    }
    if (output === undefined) context.out(imported.yaml);
    for (const { key, message } of imported.warnings)
      context.err(`${file}: ${key === '' ? '' : `${key}: `}${message}\n`);
    return 0;
  });
}

function read(file: string, cwd: string, options: ImportOptions): Imported {
  try {
    return importConfig(readText(file, cwd), options);
  } catch (error) {
    if (error instanceof ImportFailure) throw new CommandFailure(`${file}: ${error.message}`);
    if (error instanceof ConfigError) throw new CommandFailure(error.message);
    throw error;
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandFailure((error as Error).message);
  }
}
