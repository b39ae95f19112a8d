/** `sluice db`: exports everything in the database to a file, and imports it. */
import { rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { isNewDatabase, openDatabase } from '../../../drizzle/open-database.ts';
import { findConfigFile } from '../../config/file/find-config-file.ts';
import { ConfigError } from '../../config/file/problem.ts';
import type { DatabaseSettings } from '../../config/settings.ts';
import { configSource } from '../../config/file/source.ts';
import { GatewayError } from '../../errors.ts';
import type { AuditEntry } from '../../audit/audit-store.ts';
import type { Database } from '../../database/database-port.ts';
import type { ImportMode } from '../../database/transfer.ts';
import { describeFailure } from '../describe-failure.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError, type Words } from '../read-words.ts';
import type { Context, ExitCode } from '../context.ts';
import {
  endLine,
  headerLine,
  noRows,
  readTransferFile,
  rowLine,
  TransferProblem,
  type Counts,
} from '../db/transfer-file.ts';

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

/** More mistakes in a file would not help a reader. */
const MAX_PROBLEMS = 20;

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
      throw new CommandFailure(describe(error));
    }
  });
}

/** Throws a UsageError. */
function taskOf({ values, words: [action, ...files] }: Words<typeof commandLine.options>): Task {
  const { mode = 'merge', json: isJson, config, 'data-dir': dataDir } = values;
  if (action !== 'export' && action !== 'import') {
    throw new UsageError(
      `${action === undefined ? 'no action' : `unknown action '${action}'`}; allowed: export, import`,
    );
  }
  const [file = action === 'export' ? '-' : undefined, ...more] = files;
  if (file === undefined) throw new UsageError('import: no file; allowed: FILE');
  if (more.length > 0) throw new UsageError(`${action}: found ${files.length} files; allowed: one`);
  if (action === 'import' && file === '-')
    throw new UsageError('import: found -; allowed: FILE, because it is read twice');
  if (action === 'export' && values.mode !== undefined) throw new UsageError('--mode is for import');
  if (mode !== 'merge' && mode !== 'replace') throw new UsageError(`--mode: found "${mode}"; allowed: merge, replace`);
  return { action, file, mode, isJson, config, dataDir };
}

/** Only the database matters in the configuration: without a file, DATABASE_URL or the folder are enough. */
async function readSettings({ config, dataDir }: Task, { cwd, env }: Context): Promise<DatabaseSettings> {
  const named = config === undefined ? {} : { file: config };
  const hasFile = findConfigFile({ ...named, cwd, env }) !== undefined;
  const flags = {
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(hasFile ? {} : { backends: ['http://127.0.0.1:1'] }),
  };
  const { database } = await configSource({ ...named, cwd, env, flags }).read();
  return { ...database, required: true, dataDir: resolve(cwd, database.dataDir) };
}

async function exportTo({ file, isJson }: Task, settings: DatabaseSettings, context: Context): Promise<ExitCode> {
  if (isNewDatabase(settings)) {
    throw new CommandFailure(`no database found in ${settings.dataDir}`);
  }
  const counts = noRows();
  await withDatabase(settings, context, (database) =>
    intoFile(file, context, async (write) => {
      await write(headerLine(new Date()));
      await database.transfer.read(async (rows) => {
        for (const { type } of rows) counts[type] += 1;
        await write(rows.map(({ type, json }) => rowLine(type, json)).join(''));
      });
      await write(endLine(counts));
    }),
  );
  // Standard output belongs to the file if that is written there.
  const tell = file === '-' ? context.err : context.out;
  tell(isJson ? `${JSON.stringify({ file, ...counts })}\n` : `exported: ${inWords(counts)}\n`);
  return 0;
}

async function importFrom(task: Task, settings: DatabaseSettings, context: Context): Promise<ExitCode> {
  const path = resolve(context.cwd, task.file);
  const counts = noRows();
  const problems: TransferProblem[] = [];
  for await (const { type } of readTransferFile(path, (problem) => problems.push(problem))) counts[type] += 1;
  if (problems.length > 0) {
    for (const { message } of problems.slice(0, MAX_PROBLEMS)) context.err(`${task.file}: ${message}\n`);
    context.err(`${problems.length === 1 ? '1 problem' : `${problems.length} problems`} found; nothing was imported\n`);
    return 1;
  }
  await withDatabase(settings, context, async (database) => {
    // It was valid a moment ago; if it has changed since, nothing is imported.
    const records = readTransferFile(path, (problem) => {
      throw problem;
    });
    await database.transfer.write(records, task.mode);
    await database.audit.append([importEntry(task, counts)]);
  });
  const outcome = { file: task.file, mode: task.mode, ...counts };
  context.out(task.isJson ? `${JSON.stringify(outcome)}\n` : `imported: ${inWords(counts)}\n`);
  return 0;
}

function importEntry({ mode, file }: Task, counts: Counts): AuditEntry {
  return {
    at: new Date(),
    actor: 'cli',
    role: 'admin',
    address: userInfo().username,
    action: 'importDatabase',
    target: null,
    status: 200,
    before: null,
    after: { file, mode, ...counts },
    requestId: '',
    gateway: null,
  };
}

async function withDatabase(
  settings: DatabaseSettings,
  { err }: Context,
  work: (database: Database) => Promise<void>,
): Promise<void> {
  const tell = (_details: object, message: string): void => err(`sluice db: ${message}\n`);
  const database = await openDatabase(settings, { log: { info: () => {}, warn: tell, error: tell } });
  try {
    await work(database);
  } finally {
    await database.close();
  }
}

/** Under another name until it is complete; only the owner can read it. */
async function intoFile(
  file: string,
  { cwd, out }: Context,
  work: (write: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  if (file === '-') return work(async (text) => out(text));
  const path = resolve(cwd, file);
  const part = `${path}.part`;
  const handle = await open(part, 'w', 0o600);
  try {
    await work(async (text) => void (await handle.write(text)));
    await handle.sync();
    await handle.close();
    await rename(part, path);
  } catch (error) {
    await handle.close().catch(() => {});
    rmSync(part, { force: true });
    throw error;
  }
}

function inWords({ client, backend, level, audit }: Counts): string {
  const counted = (count: number, thing: string, things = `${thing}s`): string =>
    `${count} ${count === 1 ? thing : things}`;
  return [
    counted(client, 'client'),
    counted(backend, 'backend'),
    counted(level, 'bucket level'),
    counted(audit, 'audit entry', 'audit entries'),
  ].join(', ');
}

function describe(error: unknown): string {
  if (error instanceof CommandFailure) return error.message;
  if (error instanceof TransferProblem) return `the file changed while it was read: ${error.message}`;
  if (error instanceof GatewayError && error.code === 'GW_CLIENT_EXISTS') {
    return 'an API key of the file belongs to another client of the database; nothing was imported';
  }
  if (error instanceof Error && error.name === 'DataFolderLocked') {
    return `${error.message}; stop the gateway that runs on it first`;
  }
  return error instanceof GatewayError ? error.message : describeFailure(error);
}
