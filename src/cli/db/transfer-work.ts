/** The parts of `sluice db`, `backup` and `restore`: opening the database, and writing all of it to a file and back. */
import { rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { openDatabase } from '../../../drizzle/open-database.ts';
import type { AuditEntry } from '../../audit/audit-store.ts';
import { findConfigFile } from '../../config/file/find-config-file.ts';
import { configSource } from '../../config/file/source.ts';
import type { DatabaseSettings } from '../../config/settings.ts';
import type { Database } from '../../database/database-port.ts';
import { EXPORTED, type ImportMode, type Transferred } from '../../database/transfer.ts';
import { GatewayError } from '../../errors.ts';
import type { Context } from '../context.ts';
import { describeFailure } from '../describe-failure.ts';
import { CommandFailure } from '../read-words.ts';
import { BrokenBackup } from './backup-file.ts';
import {
  endLine,
  headerLine,
  noRows,
  readTransferFile,
  rowLine,
  TransferProblem,
  type Counts,
} from './transfer-file.ts';

/** More mistakes in a file would not help a reader. */
const MAX_PROBLEMS = 20;

export interface DatabasePlace {
  readonly config: string | undefined;
  readonly dataDir: string | undefined;
}

/** Only the database matters in the configuration: without a file, DATABASE_URL or the folder are enough. */
export async function readSettings(
  { config, dataDir }: DatabasePlace,
  { cwd, env }: Context,
): Promise<DatabaseSettings> {
  const named = config === undefined ? {} : { file: config };
  const hasFile = findConfigFile({ ...named, cwd, env }) !== undefined;
  const flags = {
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(hasFile ? {} : { backends: ['http://127.0.0.1:1'] }),
  };
  const { database } = await configSource({ ...named, cwd, env, flags }).read();
  return { ...database, required: true, dataDir: resolve(cwd, database.dataDir) };
}

/** @returns how many rows of each type were written */
export async function exportRows(
  database: Database,
  write: (text: string) => Promise<void>,
  types?: readonly Transferred[],
): Promise<Counts> {
  const counts = noRows();
  await write(headerLine(new Date()));
  await database.transfer.read(async (rows) => {
    for (const { type } of rows) counts[type] += 1;
    await write(rows.map(({ type, json }) => rowLine(type, json)).join(''));
  }, types);
  await write(endLine(counts));
  return counts;
}

/** Counts the rows of a file. Reports every mistake to the user, and then throws. @param shown its name */
export async function checkRows(path: string, shown: string, context: Context, start = 0): Promise<Counts> {
  const counts = noRows();
  const problems: TransferProblem[] = [];
  for await (const { type } of readTransferFile(path, (problem) => problems.push(problem), start)) counts[type] += 1;
  if (problems.length === 0) return counts;
  for (const { message } of problems.slice(0, MAX_PROBLEMS)) context.err(`${shown}: ${message}\n`);
  const found = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  throw new CommandFailure(`${found} found; nothing was imported`);
}

/** All of it or nothing. It was valid a moment ago; if it has changed since, nothing is imported. */
export async function importRows(
  database: Database,
  path: string,
  { file, mode, counts }: { readonly file: string; readonly mode: ImportMode; readonly counts: Counts },
  start = 0,
): Promise<void> {
  const records = readTransferFile(
    path,
    (problem) => {
      throw problem;
    },
    start,
  );
  await database.transfer.write(records, mode);
  const entry: AuditEntry = {
    at: new Date(),
    actor: 'cli',
    role: 'admin',
    address: userInfo().username,
    action: 'importDatabase',
    target: null,
    status: 200,
    before: null,
    after: { file, mode, ...shownCounts(counts) },
    requestId: '',
    gateway: null,
  };
  await database.audit.append([entry]);
}

export async function withDatabase(
  settings: DatabaseSettings,
  { err }: Context,
  work: (database: Database) => Promise<void>,
): Promise<void> {
  const tell = (_details: object, message: string): void => err(`database: ${message}\n`);
  const database = await openDatabase(settings, { log: { info: () => {}, warn: tell, error: tell } });
  try {
    await work(database);
  } finally {
    await database.close();
  }
}

/** Under another name until it is complete; only the owner can read it. */
export async function intoFile(
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

/** What only a backup has is left out where there is none. */
export function shownCounts(counts: Counts): Readonly<Partial<Counts>> {
  return Object.fromEntries(
    Object.entries(counts).filter(([type, count]) => count > 0 || (EXPORTED as readonly string[]).includes(type)),
  );
}

export function inWords({ client, backend, level, audit, certificate, upload, pushed, order }: Counts): string {
  const counted = (count: number, thing: string, things = `${thing}s`): string =>
    `${count} ${count === 1 ? thing : things}`;
  return [
    counted(client, 'client'),
    counted(backend, 'backend'),
    counted(level, 'bucket level'),
    counted(audit, 'audit entry', 'audit entries'),
    ...(certificate + upload > 0 ? [counted(certificate + upload, 'certificate')] : []),
    ...(order > 0 ? [counted(order, 'order for a circuit', 'orders for circuits')] : []),
    ...(pushed > 0 ? [counted(pushed, 'pushed list of members', 'pushed lists of members')] : []),
  ].join(', ');
}

export function describeTransfer(error: unknown): string {
  if (error instanceof CommandFailure || error instanceof BrokenBackup) return error.message;
  if (error instanceof TransferProblem) return `the file changed while it was read: ${error.message}`;
  if (error instanceof GatewayError && error.code === 'GW_CLIENT_EXISTS') {
    return 'an API key of the file belongs to another client of the database; nothing was imported';
  }
  if (error instanceof Error && error.name === 'DataFolderLocked') {
    return `${error.message}; stop the gateway that runs on it first`;
  }
  return error instanceof GatewayError ? error.message : describeFailure(error);
}
