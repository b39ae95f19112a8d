import { readFileSync } from 'node:fs';

import type { Environment } from '../config/file/interpolate.ts';
import { ConfigError } from '../config/file/problem.ts';
import type { Settings } from '../config/settings.ts';
import { openFileLimit } from '../config/open-files.ts';
import { warningsOf } from '../config/check/warnings.ts';
import { configSource, type ConfigSource } from '../config/file/source.ts';
import { rejectTlsFiles } from '../../drizzle/postgres/postgres-dial.ts';
import { readArguments, type Command } from './arguments.ts';
import { describeFailure } from './describe-failure.ts';
import { HELP } from './help.ts';
import { SUBCOMMANDS } from './subcommands.ts';

/** The process around a command, so that a test can be it. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Environment;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Runs the gateway; resolves when it has stopped. `source`: to read the settings again. */
  readonly runGateway: (settings: Settings, options: { source: ConfigSource }) => Promise<void>;
}

/** 0: all well; 1: failed at run time; 2: wrong configuration or usage, nothing was started. */
export type ExitCode = 0 | 1 | 2;

export async function runCommand(args: readonly string[], around: Surroundings): Promise<ExitCode> {
  const [first = '', ...rest] = args;
  if (Object.hasOwn(SUBCOMMANDS, first)) return (await SUBCOMMANDS[first]!.load()).run(rest, around);
  const command = readArguments(args);
  switch (command.name) {
    case 'help':
      around.out(HELP);
      return 0;
    case 'version':
      around.out(`sluice ${readVersion()}\n`);
      return 0;
    case 'usage-error':
      around.err([...command.mistakes.map((mistake) => `sluice: ${mistake}`), 'See sluice --help.\n'].join('\n'));
      return 2;
    default:
      return checkOrRun(command, around);
  }
}

async function checkOrRun(command: Command & { name: 'run' | 'check' }, around: Surroundings): Promise<ExitCode> {
  const { cwd, env } = around;
  const { file: named, flags } = command;
  const source = configSource({ ...(named === undefined ? {} : { file: named }), cwd, env, flags });
  let settings: Settings;
  try {
    settings = source.read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    around.err(`${error.format()}\n`);
    return 2;
  }
  if (command.name === 'check') {
    const name = source.file ?? 'command line';
    const problem = await rejectTlsFiles(settings.database.url);
    if (problem !== undefined) {
      around.err(`${name}: database.url: ${problem}\n`);
      return 2;
    }
    const warnings = warningsOf(settings, Date.now(), openFileLimit());
    for (const { key, message } of warnings) around.err(`${name}: warning: ${key}: ${message}\n`);
    around.out(`${name}: all right: ${summary(settings)}\n`);
    return 0;
  }
  try {
    await around.runGateway(settings, { source });
    return 0;
  } catch (error) {
    around.err(`sluice: ${describeFailure(error)}\n`);
    return 1;
  }
}

function summary({ pools, routes }: Settings): string {
  const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;
  const backends = pools.reduce((sum, pool) => sum + pool.backends.length, 0);
  return [counted(pools.length, 'pool'), counted(backends, 'backend'), counted(routes.length, 'route')].join(', ');
}

function readVersion(): string {
  const url = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
}
