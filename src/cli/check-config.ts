/** `sluice check`: everything that is wrong or doubtful in a configuration, for a reader or, as JSON, for an editor or CI. */
import { rejectTlsFiles } from '../../drizzle/postgres/postgres-dial.ts';
import { warningsOf } from '../config/check/warnings.ts';
import { locate } from '../config/file/document.ts';
import { type ConfigProblem, ConfigError, finding } from '../config/file/problem.ts';
import { readDocument } from '../config/file/read-document.ts';
import { configSource, type ConfigSource } from '../config/file/source.ts';
import { openFileLimit } from '../config/open-files.ts';
import type { Settings } from '../config/settings.ts';
import type { Command } from './arguments.ts';
import type { Context, ExitCode } from './context.ts';

type CheckCommand = Command & { name: 'check' };

interface Checked {
  readonly source: ConfigSource;
  readonly settings: Settings;
  readonly warnings: readonly { readonly key: string; readonly message: string }[];
}

export async function checkConfig(command: CheckCommand, context: Context): Promise<ExitCode> {
  if (command.isJson) return printJson(command, context);
  const { source, settings, warnings } = await read(command, context);
  const name = source.file ?? COMMAND_LINE;
  for (const { key, message } of warnings) context.err(`${name}: warning: ${key}: ${message}\n`);
  const verdict = `${name}: valid: ${summary(settings)}\n`;
  if (command.isPrinting) context.err(verdict);
  context.out(command.isPrinting ? source.yaml! : verdict);
  return 0;
}

const COMMAND_LINE = 'command line';

/** Throws a ConfigError. */
async function read({ file, flags, isPrinting }: CheckCommand, context: Context): Promise<Checked> {
  const { cwd, env } = context;
  const input = { ...(file === undefined ? {} : { file }), cwd, env, flags };
  const source = configSource(input, isPrinting ? { wantsYaml: true } : {});
  const settings = await source.read().finally(() => repeatOutput(source, context));
  const refused = await rejectTlsFiles(settings.database.url);
  if (refused !== undefined) {
    const problem = { source: source.file ?? COMMAND_LINE, line: null, column: null, path: 'database.url' };
    throw new ConfigError([{ ...problem, message: refused }]);
  }
  const warnings = [...warningsOf(settings, Date.now(), openFileLimit()), ...source.fileWarnings];
  return { source, settings, warnings };
}

/** What a configuration in code printed must not mix with our own output. */
export function repeatOutput(source: ConfigSource, context: Context): void {
  for (const line of source.takeOutput()) context.err(`${source.file}: printed: ${line}\n`);
}

function summary(settings: Settings): string {
  return Object.entries(countsOf(settings))
    .map(([things, count]) => `${count} ${count === 1 ? things.slice(0, -1) : things}`)
    .join(', ');
}

function countsOf({ pools, routes }: Settings): Readonly<Record<'pools' | 'backends' | 'routes', number>> {
  const backends = pools.reduce((sum, pool) => sum + pool.backends.length, 0);
  return { pools: pools.length, backends, routes: routes.length };
}

/** One thing that is wrong or doubtful; docs/tools.md describes it for programs. */
interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** As named on the command line, or the flag or variable that the value came from. */
  readonly file: string;
  /** From 1; null: the place is unknown, or in no file. */
  readonly line: number | null;
  readonly column: number | null;
  readonly path: string;
  readonly message: string;
  /** What would be right, if the message says so. */
  readonly allowed: string | null;
}

async function printJson(command: CheckCommand, context: Context): Promise<ExitCode> {
  const print = (report: object): void => context.out(`${JSON.stringify(report)}\n`);
  try {
    const { source, settings, warnings } = await read(command, context);
    const file = source.file ?? COMMAND_LINE;
    const document = readDocument(source.text ?? '', file).document;
    const problems = warnings.map(({ key, message }) =>
      diagnostic('warning', locate(document, finding(key.split('.'), message))),
    );
    print({ valid: true, file, ...countsOf(settings), problems });
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.problems.map((problem) => diagnostic('error', problem));
    print({ valid: false, file: command.file ?? problems[0]?.file ?? COMMAND_LINE, problems });
    return 2;
  }
}

function diagnostic(
  severity: Diagnostic['severity'],
  { source, line, column, path, message }: ConfigProblem,
): Diagnostic {
  const allowed = /(?:^|; )allowed(?: is| are|:) (.+)$/s.exec(message)?.[1] ?? null;
  return { severity, file: source, line, column, path, message, allowed };
}
