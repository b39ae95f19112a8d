import { ConfigError } from '../config/file/problem.ts';
import { VERSION } from '../version.ts';
import { configSource } from '../config/file/source.ts';
import { readArguments, type Command } from './arguments.ts';
import { checkConfig, repeatOutput } from './check-config.ts';
import { describeFailure } from './describe-failure.ts';
import { HELP } from './help.ts';
import type { Context, ExitCode } from './context.ts';
import { SUBCOMMANDS } from './subcommands.ts';

export async function runCommand(args: readonly string[], context: Context): Promise<ExitCode> {
  const [first = '', ...rest] = args;
  if (Object.hasOwn(SUBCOMMANDS, first)) return (await SUBCOMMANDS[first]!.load()).run(rest, context);
  const command = readArguments(args);
  switch (command.name) {
    case 'help':
      context.out(HELP);
      return 0;
    case 'version':
      context.out(`sluice ${VERSION}\n`);
      return 0;
    case 'usage-error':
      context.err([...command.mistakes.map((mistake) => `sluice: ${mistake}`), 'See sluice --help.\n'].join('\n'));
      return 2;
    default:
      return checkOrRun(command, context);
  }
}

async function checkOrRun(command: Command & { name: 'run' | 'check' }, context: Context): Promise<ExitCode> {
  try {
    return command.name === 'check' ? await checkConfig(command, context) : await start(command, context);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.err(`${error.format()}\n`);
    return 2;
  }
}

/** Throws a ConfigError. */
async function start({ file, flags }: Command & { name: 'run' }, context: Context): Promise<ExitCode> {
  const { cwd, env } = context;
  const source = configSource({ ...(file === undefined ? {} : { file }), cwd, env, flags });
  const settings = await source.read().finally(() => repeatOutput(source, context));
  try {
    await context.runGateway(settings, { source });
    return 0;
  } catch (error) {
    context.err(`sluice: ${describeFailure(error)}\n`);
    return 1;
  }
}
