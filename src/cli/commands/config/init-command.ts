/** `sluice init`: writes a first configuration file, which plain `sluice` then finds. */
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { isCodeFile } from '../../../config/code/code-file.ts';
import { editorSchema } from '../../../config/editor/editor-schema.ts';
import { defaultFilesIn } from '../../../config/file/find-config-file.ts';
import { ConfigError, loadText } from '../../../config/load.ts';
import { firstCode, firstYaml } from '../../first-file.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../../read-words.ts';
import type { Context, ExitCode } from '../../context.ts';

const SCHEMA_FILE = 'sluice.schema.json';

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
    ...JSON_OPTION,
    ...HELP_OPTION,
  },
  notes: `FILE defaults to sluice.yaml, or with --ts to sluice.config.ts, where \`sluice\` without --config looks for it.
Beside YAML, ${SCHEMA_FILE} is written for editors, unless it exists; with options of plugins: sluice schema --out ${SCHEMA_FILE}.`,
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
    const yaml = firstYaml(backends, SCHEMA_FILE);
    // The written file must start: an invalid backend URL is reported here, and nothing is written.
    try {
      loadText(yaml, file, {}, {});
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new CommandFailure(error.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
    }
    const text = isCodeFile(file) ? firstCode(backends, isTypeScript) : yaml;
    write(resolve(context.cwd, file), file, text, values.force);
    const schema = isCodeFile(file) ? undefined : writeSchema(resolve(context.cwd, file), values.force);
    const asDefault = isDefault ? '' : ` --config ${file}`;
    if (values.json) context.out(`${JSON.stringify({ file, schema: schema ?? null })}\n`);
    else context.out(`${file} is written. \`sluice${asDefault}\` starts a gateway with it.\n`);
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

/** Editors find it by the first line of the file. An existing one may have the options of plugins. Returns its path. */
function writeSchema(configFile: string, isForced: boolean): string {
  const path = join(dirname(configFile), SCHEMA_FILE);
  if (isForced || !existsSync(path)) {
    write(path, SCHEMA_FILE, `${JSON.stringify(editorSchema(new Map()), null, 2)}\n`, true);
  }
  return path;
}
