import { ConfigError } from '../config/file/problem.ts';
import type { Settings } from '../config/settings.ts';
import { VERSION } from '../version.ts';
import { openFileLimit } from '../config/open-files.ts';
import { warningsOf } from '../config/check/warnings.ts';
import { configSource, type ConfigSource } from '../config/file/source.ts';
import { rejectTlsFiles } from '../../drizzle/postgres/postgres-dial.ts';
import { readArguments, type Command } from './arguments.ts';
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
  const { cwd, env } = context;
  const { file: named, flags } = command;
  const isPrinting = command.name === 'check' && command.isPrinting;
  let source: ConfigSource;
  let settings: Settings;
  try {
    const input = { ...(named === undefined ? {} : { file: named }), cwd, env, flags };
    source = configSource(input, isPrinting ? { wantsYaml: true } : {});
    settings = await source.read().finally(() => repeatOutput(source, context));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.err(`${error.format()}\n`);
    return 2;
  }
  if (command.name === 'check') {
    const name = source.file ?? 'command line';
    const problem = await rejectTlsFiles(settings.database.url);
    if (problem !== undefined) {
      context.err(`${name}: database.url: ${problem}\n`);
      return 2;
    }
    const warnings = [...warningsOf(settings, Date.now(), openFileLimit()), ...source.fileWarnings];
    for (const { key, message } of warnings) context.err(`${name}: warning: ${key}: ${message}\n`);
    const verdict = `${name}: valid: ${summary(settings)}\n`;
    if (isPrinting) context.err(verdict);
    context.out(isPrinting ? source.yaml! : verdict);
    return 0;
  }
  try {
    await context.runGateway(settings, { source });
    return 0;
  } catch (error) {
    context.err(`sluice: ${describeFailure(error)}\n`);
    return 1;
  }
}

/** What a configuration in code printed must not mix with our own output. */
function repeatOutput(source: ConfigSource, context: Context): void {
  for (const line of source.takeOutput()) context.err(`${source.file}: printed: ${line}\n`);
}

function summary({ pools, routes }: Settings): string {
  const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;
  const backends = pools.reduce((sum, pool) => sum + pool.backends.length, 0);
  return [counted(pools.length, 'pool'), counted(backends, 'backend'), counted(routes.length, 'route')].join(', ');
}
