/** `sluice restore`: the configuration and the database of a `sluice backup`, on a machine that has neither. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from '../../config/file/problem.ts';
import type { Database } from '../../database/database-port.ts';
import type { ImportMode } from '../../database/transfer.ts';
import type { Context, ExitCode } from '../context.ts';
import { type BackupHead, type NamedFile, openBackup, sha256Of } from './backup-file.ts';
import {
  checkRows,
  describeTransfer,
  importRows,
  inWords,
  readSettings,
  shownCounts,
  withDatabase,
} from './transfer-work.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../read-words.ts';

export const commandLine = {
  about: 'makes a gateway from a file of `sluice backup`: its configuration and its database.',
  usage: 'FILE [flags]',
  takesFile: true,
  options: {
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      completes: 'file',
      help: 'where to write the configuration (its name in the backup)',
    },
    database: { type: 'string', value: 'URL', help: 'PostgreSQL, in place of the one in the configuration' },
    'data-dir': { type: 'string', value: 'FOLDER', completes: 'file', help: 'the embedded database (./data)' },
    mode: {
      type: 'string',
      value: 'MODE',
      choices: ['merge', 'replace'],
      help: 'for a database that is not empty: merge, or replace',
    },
    ...JSON_OPTION,
    ...HELP_OPTION,
  },
  notes: `The whole file is checked first: if it is damaged, cut short or written by a newer Sluice, nothing is changed. An
existing configuration is never overwritten. Set the variables that the configuration uses before you run it.`,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('restore', commandLine, args, context, async ({ values, words: [file, ...more] }) => {
    if (file === undefined) throw new UsageError('the file to restore is missing');
    if (more.length > 0) throw new UsageError(`one file at a time, not also '${more[0]}'`);
    const { mode, database: url } = values;
    if (mode !== undefined && mode !== 'merge' && mode !== 'replace') {
      throw new UsageError(`--mode: found "${mode}"; allowed: merge, replace`);
    }
    try {
      const task: Task = { config: values.config, dataDir: values['data-dir'], mode, url, isJson: values.json };
      return await restore(file, task, context);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw new CommandFailure(describeTransfer(error));
      context.err(`${error.format()}\n`);
      return 2;
    }
  });
}

interface Task {
  readonly config: string | undefined;
  readonly dataDir: string | undefined;
  readonly mode: ImportMode | undefined;
  readonly url: string | undefined;
  readonly isJson: boolean;
}

async function restore(file: string, task: Task, context: Context): Promise<ExitCode> {
  const { config, dataDir, mode, url } = task;
  const path = resolve(context.cwd, file);
  const { head, rowsAt } = await openBackup(path);
  const counts = await checkRows(path, file, context, rowsAt);
  const target = writeConfig(head, config, context.cwd);
  try {
    const settings = await readSettings({ config: target, dataDir }, context);
    await withDatabase(url === undefined ? settings : { ...settings, url }, context, async (database) => {
      if (mode === undefined) await assertEmpty(database);
      await importRows(database, path, { file, mode: mode ?? 'merge', counts }, rowsAt);
    });
  } catch (error) {
    if (target !== undefined) rmSync(resolve(context.cwd, target), { force: true });
    throw error;
  }
  const made = { created_at: head.createdAt, created_by: head.by };
  context.out(
    task.isJson
      ? `${JSON.stringify({ file, config: target ?? null, ...shownCounts(counts), ...made })}\n`
      : `restored: ${target ?? 'no configuration'}, ${inWords(counts)}; made ${head.createdAt} by ${head.by}\n`,
  );
  for (const name of changedFiles(head.files, context.cwd)) {
    context.err(`${name}: not as it was when the backup was made\n`);
  }
  return 0;
}

/** The name of the new file; undefined: the backup has none. */
function writeConfig({ config }: BackupHead, given: string | undefined, cwd: string): string | undefined {
  if (config === null) return undefined;
  const name = given ?? config.name;
  try {
    writeFileSync(resolve(cwd, name), config.text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CommandFailure(`${name} already exists; move it away, or name another with --config`);
  }
  return name;
}

async function assertEmpty(database: Database): Promise<void> {
  let rows = 0;
  await database.transfer.read(
    async (page) => void (rows += page.length),
    ['client', 'backend', 'certificate', 'upload'],
  );
  if (rows === 0) return;
  const found = 'the database already has clients, backends or certificates';
  throw new CommandFailure(`${found}; nothing was restored. Choose --mode merge or --mode replace`);
}

function changedFiles(files: readonly NamedFile[], cwd: string): readonly string[] {
  return files
    .filter(({ name, sha256 }) => {
      const path = resolve(cwd, name);
      return !existsSync(path) || sha256Of(readFileSync(path)) !== sha256;
    })
    .map(({ name }) => name);
}
