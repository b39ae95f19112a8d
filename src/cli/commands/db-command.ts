/** `sluice db`: exports everything in the database to a file, and imports it. */
import { resolve } from 'node:path';
import { isNewDatabase } from '../../../drizzle/open-database.ts';
import { ConfigError } from '../../config/file/problem.ts';
import type { DatabaseSettings } from '../../config/settings.ts';
import { EXPORTED, type ImportMode } from '../../database/transfer.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError, type Words, unknownAction } from '../read-words.ts';
import type { Context, ExitCode } from '../context.ts';
import { noRows, type Counts } from '../db/transfer-file.ts';
import {
  checkRows,
  describeTransfer,
  exportRows,
  importRows,
  intoFile,
  inWords,
  readSettings,
  shownCounts,
  withDatabase,
} from '../db/transfer-work.ts';

const WORDS = {
  export: 'FILE or -: write clients, backends, bucket levels and the audit log',
  import: 'FILE: read such a file; all of it, or nothing if a line is invalid',
} as const;

export const commandLine = {
  about: 'exports everything in the database to a file, and imports it.',
  usage: 'export [FILE|-] | import FILE [flags]',
  words: WORDS,
  takesFile: true,
  options: {
    mode: { type: 'string', value: 'MODE', choices: ['merge', 'replace'], help: 'import: merge, or replace (merge)' },
    ...JSON_OPTION,
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      completes: 'file',
      help: 'names the database (./sluice.yaml, or SLUICE_CONFIG)',
    },
    'data-dir': { type: 'string', value: 'FOLDER', completes: 'file', help: 'the embedded database (./data)' },
    ...HELP_OPTION,
  },
  notes: `merge overwrites existing rows with those of the file; replace also removes clients and backends that the file does
not have. The audit log is only added to.

The file has one JSON object per line and contains hashes of API keys: protect it like the database. Export from and
import to the embedded database only while no gateway runs on its folder.`,
} as const satisfies CommandLine;

interface Task {
  readonly action: 'export' | 'import';
  /** `-`: standard output. */
  readonly file: string;
  readonly mode: ImportMode;
  readonly isJson: boolean;
  readonly config: string | undefined;
  readonly dataDir: string | undefined;
}

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('db', commandLine, args, context, async (words) => {
    const task = taskOf(words);
    let settings: DatabaseSettings;
    try {
      settings = await readSettings(task, context);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      context.err(`${error.format()}\n`);
      return 2;
    }
    try {
      return await (task.action === 'export' ? exportTo(task, settings, context) : importFrom(task, settings, context));
    } catch (error) {
      throw new CommandFailure(describeTransfer(error));
    }
  });
}

/** Throws a UsageError. */
function taskOf({ values, words: [action, ...files] }: Words<typeof commandLine.options>): Task {
  const { mode = 'merge', json: isJson, config, 'data-dir': dataDir } = values;
  if (action !== 'export' && action !== 'import') throw unknownAction(action, ['export', 'import']);
  const [file = action === 'export' ? '-' : undefined, ...more] = files;
  if (file === undefined) throw new UsageError('import: no file; allowed: FILE');
  if (more.length > 0) throw new UsageError(`${action}: found ${files.length} files; allowed: one`);
  if (action === 'import' && file === '-')
    throw new UsageError('import: found -; allowed: FILE, because it is read twice');
  if (action === 'export' && values.mode !== undefined) throw new UsageError('--mode is for import');
  if (mode !== 'merge' && mode !== 'replace') throw new UsageError(`--mode: found "${mode}"; allowed: merge, replace`);
  return { action, file, mode, isJson, config, dataDir };
}

async function exportTo({ file, isJson }: Task, settings: DatabaseSettings, context: Context): Promise<ExitCode> {
  if (isNewDatabase(settings)) {
    throw new CommandFailure(`no database found in ${settings.dataDir}`);
  }
  let counts: Counts = noRows();
  await withDatabase(settings, context, (database) =>
    intoFile(file, context, async (write) => {
      counts = await exportRows(database, write, EXPORTED);
    }),
  );
  // Standard output belongs to the file if that is written there.
  const tell = file === '-' ? context.err : context.out;
  tell(isJson ? `${JSON.stringify({ file, ...shownCounts(counts) })}\n` : `exported: ${inWords(counts)}\n`);
  return 0;
}

async function importFrom(task: Task, settings: DatabaseSettings, context: Context): Promise<ExitCode> {
  const { file, mode, isJson } = task;
  const path = resolve(context.cwd, file);
  const counts = await checkRows(path, file, context);
  await withDatabase(settings, context, (database) => importRows(database, path, { file, mode, counts }));
  const outcome = { file, mode, ...shownCounts(counts) };
  context.out(isJson ? `${JSON.stringify(outcome)}\n` : `imported: ${inWords(counts)}\n`);
  return 0;
}
