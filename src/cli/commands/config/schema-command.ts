/** `sluice schema`: the JSON Schema of the configuration, with the options of its plugins, for editors. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { findConfigFile } from '../../../config/file/find-config-file.ts';
import { configSource } from '../../../config/file/source.ts';
import { ConfigError } from '../../../config/load.ts';
import { editorSchema } from '../../../config/editor/editor-schema.ts';
import type { Json } from '../../../config/editor/json-schema.ts';
import { fileFailure } from '../../../runtime/create-file.ts';
import type { Context, ExitCode } from '../../context.ts';
import { HELP_OPTION, type CommandLine } from '../../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../../read-words.ts';

export const commandLine = {
  about: 'prints the JSON Schema of the configuration for editors, with the options of its plugins.',
  usage: '[FILE] [flags]',
  takesFile: true,
  options: {
    out: { type: 'string', value: 'FILE', help: 'write it to this file; an existing one is replaced' },
    ...HELP_OPTION,
  },
  notes: `FILE: the configuration that names the plugins; default: where \`sluice\` looks for it. Without one, plugins have any options.
Their code runs; their options in the file may be wrong. An editor finds the schema by a first line such as
# yaml-language-server: $schema=./sluice.schema.json`,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('schema', commandLine, args, context, async ({ values, words: [file, ...more] }) => {
    if (more.length > 0) throw new UsageError(`one file at a time, not also '${more[0]}'`);
    const text = `${JSON.stringify(editorSchema(await optionSchemas(file, context)), null, 2)}\n`;
    if (values.out === undefined) {
      context.out(text);
      return 0;
    }
    try {
      writeFileSync(resolve(context.cwd, values.out), text);
    } catch (error) {
      throw new CommandFailure(`${values.out} cannot be written: ${fileFailure(error)}`);
    }
    context.out(`${values.out} is written\n`);
    return 0;
  });
}

/** By name of the plugin. */
async function optionSchemas(file: string | undefined, { cwd, env }: Context): Promise<ReadonlyMap<string, Json>> {
  const input = { ...(file === undefined ? {} : { file }), cwd, env, flags: {} };
  try {
    if (findConfigFile(input) === undefined) return new Map();
    const source = configSource(input, { checksPluginOptions: false });
    await source.read();
    return new Map([...source.pluginOptions].map(([name, { schema }]) => [name, schema]));
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandFailure(error.format());
    throw error;
  }
}
