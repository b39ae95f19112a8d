/** `sluice init`: writes a first configuration file, which plain `sluice` then finds. */
import { writeFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { isCodeFile } from '../../../config/code/code-file.ts';
import { defaultFilesIn } from '../../../config/file/find-config-file.ts';
import { ConfigError, loadText } from '../../../config/load.ts';
import { firstCode, firstYaml } from '../../first-file.ts';
import { HELP_OPTION, type CommandLine } from '../../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../../read-words.ts';
import type { Context, ExitCode } from '../../context.ts';

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
    ts: { type: 'boolean', help: 'TypeScript instead of YAML: sluice.config.ts' },
    force: { type: 'boolean', help: 'overwrite an existing file' },
    ...HELP_OPTION,
  },
  notes:
    'FILE defaults to sluice.yaml, or with --ts to sluice.config.ts, where `sluice` without --config looks for it.',
} as const satisfies CommandLine;

const DEFAULT_YAML = 'sluice.yaml';
const DEFAULT_CODE = 'sluice.config.ts';
const DEFAULT_BACKENDS = ['http://127.0.0.1:8081'];

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('init', commandLine, args, context, async ({ values, words: [given, ...more] }) => {
    if (more.length > 0) throw new UsageError(`one file at a time, not also '${more[0]}'`);
    const file = given ?? (values.ts ? DEFAULT_CODE : DEFAULT_YAML);
    const isDefault = [DEFAULT_YAML, DEFAULT_CODE].includes(file);
    const isTypeScript = ['.ts', '.mts'].includes(extname(file));
    if (values.ts && !isTypeScript) {
      throw new UsageError(`--ts: found '${file}'; allowed: a name that ends in .ts or .mts`);
    }
    if (['.cts', '.cjs'].includes(extname(file))) throw new UsageError('CommonJS; allowed: .ts, .mts, .js, .mjs');
    const other = defaultFilesIn(context.cwd).find((name) => name !== file);
    if (isDefault && other !== undefined) {
      throw new CommandFailure(`${other} already exists, and a gateway needs one file; remove it or name another`);
    }
    const backends = values.backend.length === 0 ? DEFAULT_BACKENDS : values.backend;
    const yaml = firstYaml(backends);
    // The written file must start: an invalid backend URL is reported here, and nothing is written.
    try {
      loadText(yaml, file, {}, {});
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new CommandFailure(error.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
    }
    const text = isCodeFile(file) ? firstCode(backends, isTypeScript) : yaml;
    write(resolve(context.cwd, file), file, text, values.force);
    const asDefault = isDefault ? '' : ` --config ${file}`;
    context.out(`${file} is written. \`sluice${asDefault}\` starts a gateway with it.\n`);
    return 0;
  });
}

function write(path: string, named: string, text: string, isForced: boolean): void {
  try {
    writeFileSync(path, text, { flag: isForced ? 'w' : 'wx' });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new CommandFailure(isThere ? `${named} already exists; --force overwrites it` : (error as Error).message);
  }
}
