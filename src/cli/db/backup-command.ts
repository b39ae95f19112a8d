/** `sluice backup`: the configuration and all of the database in one file, for `sluice restore`. */
import { createReadStream, readFileSync, rmSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { isNewDatabase } from '../../../drizzle/open-database.ts';
import { ConfigError } from '../../config/file/problem.ts';
import { configSource } from '../../config/file/source.ts';
import { findConfigFile } from '../../config/file/find-config-file.ts';
import { VERSION } from '../../version.ts';
import type { Context, ExitCode } from '../context.ts';
import { backupLine, type NamedFile, sha256Of } from './backup-file.ts';
import { noRows, type Counts } from './transfer-file.ts';
import {
  describeTransfer,
  exportRows,
  intoFile,
  inWords,
  readSettings,
  shownCounts,
  withDatabase,
} from './transfer-work.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../read-words.ts';

export const commandLine = {
  about: 'writes the configuration and all of the database to one file.',
  usage: 'FILE [flags]',
  takesFile: true,
  options: {
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      completes: 'file',
      help: 'the configuration (./sluice.yaml, or SLUICE_CONFIG)',
    },
    'data-dir': { type: 'string', value: 'FOLDER', completes: 'file', help: 'the embedded database (./data)' },
    ...JSON_OPTION,
    ...HELP_OPTION,
  },
  notes: `The file has secrets: hashes of API keys, keys of certificates as they are encrypted in the database, the secret of
sticky cookies, and whatever the configuration has as text. Only its owner can read it. Variables of the environment and
files that the configuration names are not part of it; the files are listed. Back up the embedded database only while
no gateway runs on its folder.`,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('backup', commandLine, args, context, async ({ values, words: [file, ...more] }) => {
    if (file === undefined) throw new UsageError('the file to write is missing');
    if (more.length > 0) throw new UsageError(`one file at a time, not also '${more[0]}'`);
    if (file === '-') throw new UsageError("found '-'; allowed: FILE");
    try {
      return await backUp(file, { config: values.config, dataDir: values['data-dir'], isJson: values.json }, context);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw new CommandFailure(describeTransfer(error));
      context.err(`${error.format()}\n`);
      return 2;
    }
  });
}

async function backUp(
  file: string,
  place: { readonly config: string | undefined; readonly dataDir: string | undefined; readonly isJson: boolean },
  context: Context,
): Promise<ExitCode> {
  const { cwd, env } = context;
  const settings = await readSettings(place, context);
  if (isNewDatabase(settings)) throw new CommandFailure(`no database found in ${settings.dataDir}`);
  const name = findConfigFile({ ...(place.config === undefined ? {} : { file: place.config }), cwd, env });
  const config = name === undefined ? null : { name: basename(name), text: readFileSync(resolve(cwd, name), 'utf8') };
  const files =
    name === undefined ? [] : namedFiles(await configSource({ file: name, cwd, env, flags: {} }).read(), cwd);
  const rows = `${file}.rows`;
  let counts: Counts = noRows();
  try {
    await withDatabase(settings, context, (database) =>
      intoFile(rows, context, async (write) => {
        counts = await exportRows(database, write);
      }),
    );
    const rowsSha256 = sha256Of(readFileSync(resolve(cwd, rows)));
    const head = { createdAt: new Date().toISOString(), by: VERSION, config, files, rowsSha256 };
    await intoFile(file, context, async (write) => {
      await write(backupLine(head));
      for await (const text of createReadStream(resolve(cwd, rows), 'utf8')) await write(text as string);
    });
  } finally {
    rmSync(resolve(cwd, rows), { force: true });
  }
  if (place.isJson) {
    const notIncluded = files.map((each) => each.name);
    const report = { file, config: config?.name ?? null, ...shownCounts(counts), not_included: notIncluded };
    context.out(`${JSON.stringify(report)}\n`);
    return 0;
  }
  context.out(`backed up: ${config === null ? 'no configuration' : config.name}, ${inWords(counts)}\n`);
  if (files.length > 0) context.out(`not in it, keep a copy: ${files.map((each) => each.name).join(', ')}\n`);
  return 0;
}

/** Files that the configuration names and that can be read, in its order. */
function namedFiles(settings: object, cwd: string): readonly NamedFile[] {
  const names = new Set<string>();
  const look = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      if (/file$/i.test(key) && value !== '') names.add(value);
    } else if (Array.isArray(value)) for (const item of value as readonly unknown[]) look(item, key);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) look(inner, key === 'pages' ? 'file' : name);
  };
  look(settings, '');
  return [...names].flatMap((name) => {
    try {
      return [{ name, sha256: sha256Of(readFileSync(resolve(cwd, name))) }];
    } catch {
      return [];
    }
  });
}
