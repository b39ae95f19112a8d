/** `sluice plugin new`: writes a plugin and its test, to begin with. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isPluginName, PLUGIN_NAME_RULE } from '../../plugin-kit/core/plugin-kit-vocabulary.ts';
import type { Context, ExitCode } from '../context.ts';
import { firstPlugin, firstPluginTest } from '../first-plugin.ts';
import { HELP_OPTION, type CommandLine } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../read-words.ts';

const FOLDER = 'plugins';

export const commandLine = {
  about: 'writes a plugin and its test, to begin with.',
  usage: 'new NAME [flags]',
  words: { new: 'NAME: write NAME.ts and NAME.test.ts' },
  options: {
    dir: { type: 'string', value: 'FOLDER', default: FOLDER, help: 'where the files go' },
    force: { type: 'boolean', help: 'overwrite existing files' },
    ...HELP_OPTION,
  },
  notes: `NAME: ${PLUGIN_NAME_RULE}.`,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('plugin', commandLine, args, context, async ({ values, words: [verb, name, ...more] }) => {
    if (verb !== 'new')
      throw new UsageError(
        verb === undefined ? 'what to do is missing; write: new NAME' : `'${verb}' is not known; write: new NAME`,
      );
    if (name === undefined) throw new UsageError('the name of the plugin is missing; write: new NAME');
    if (more.length > 0) throw new UsageError(`one plugin at a time, not also '${more[0]}'`);
    if (!isPluginName(name)) throw new UsageError(`found '${name}'; allowed: ${PLUGIN_NAME_RULE}`);
    const file = join(values.dir ?? FOLDER, `${name}.ts`);
    const test = join(values.dir ?? FOLDER, `${name}.test.ts`);
    const isThere = [file, test].find((each) => existsSync(resolve(context.cwd, each)));
    if (isThere !== undefined && !values.force)
      throw new CommandFailure(`${isThere} already exists; --force overwrites it`);
    write(resolve(context.cwd, file), firstPlugin(name));
    write(resolve(context.cwd, test), firstPluginTest(name));
    context.out(`${file} and ${test} are written. To use the plugin, add to the configuration:

plugins:
  ${name}:
    file: ./${file}
routes:
  - pool: …
    plugins: [${name}]

Its test: node --test ${test} (needs the package sluice in the project)
`);
    return 0;
  });
}

function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandFailure((error as Error).message);
  }
}
