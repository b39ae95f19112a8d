/**
 * One process at a time in a data folder. The embedded database itself does not see a second one: both open it
 * without an error and lose each other's rows.
 *
 * The lock is a file made with O_EXCL that says who holds it. Its time stamp is renewed while it is held, because a
 * holder in another container (same folder, other process ids) can be told dead or alive by nothing else.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { processStart } from './process-start.ts';

export interface LockRecord {
  readonly pid: number;
  readonly host: string;
  /** When the process started, as text; tells it from a later one with the same id. Null: the system does not say. */
  readonly start: string | null;
  /** Another one for every lock taken. */
  readonly id: string;
}

export interface DataFolderLock {
  release(): Promise<void>;
}

export class DataFolderLocked extends Error {
  override readonly name = 'DataFolderLocked';

  constructor(dataDir: string, holder: LockRecord | undefined) {
    const who = holder === undefined ? 'another process' : `process ${holder.pid}`;
    const where = holder === undefined || holder.host === hostname() ? '' : ` on host ${holder.host}`;
    super(`data folder ${dataDir} is already in use by ${who}${where}`);
  }
}

/** The time stamp is renewed this often, ms. */
const RENEW_MS = 3_000;
/** Where only the time stamp can tell, a lock not renewed for this long is stale, ms. */
const STALE_MS = 15_000;

/** Makes the folder (parents too) and locks it. Rejects with {@link DataFolderLocked} when a live process holds it. */
export async function lockDataFolder(dataDir: string): Promise<DataFolderLock> {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, 'sluice.lock');
  const mine: LockRecord = {
    pid: process.pid,
    host: hostname(),
    start: await processStart(process.pid),
    id: randomUUID(),
  };

  await acquire(path, mine, dataDir);
  const stopRenewing = renewLoop(() => renew(path));
  return {
    release: async () => {
      stopRenewing();
      if ((await readLock(path))?.record?.id === mine.id) await rm(path, { force: true });
    },
  };
}

/**
 * Of several processes that find the same stale lock, only the one that makes the claim to that very lock may replace
 * it, in one step, by renaming the claim. A claim is a lock itself: its maker may die too.
 */
async function acquire(path: string, mine: LockRecord, dataDir: string): Promise<void> {
  while (!(await createLock(path, mine))) {
    const found = await readLock(path);
    if (found === undefined) continue;
    if (await isHeld(found)) throw new DataFolderLocked(dataDir, found.record);
    const claim = `${path}.${createHash('sha256').update(found.text).digest('hex').slice(0, 16)}`;
    await acquire(claim, mine, dataDir);
    // Replaced before the claim was made: then the claim is to nothing.
    if ((await readLock(path))?.text === found.text) return rename(claim, path);
    await rm(claim);
  }
}

interface FoundLock {
  readonly text: string;
  /** Undefined: its writer has not got to the end, or never will. */
  readonly record: LockRecord | undefined;
  readonly ageMs: number;
}

/** One round: says that the holder lives. A missing file is not an error: release may have come first. */
export async function renew(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => {});
}

function renewLoop(round: () => Promise<void>): () => void {
  let isStopped = false;
  let timer: NodeJS.Timeout;
  const next = (): void => {
    if (!isStopped) timer = setTimeout(() => void round().then(next), RENEW_MS).unref();
  };
  next();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

async function createLock(path: string, record: LockRecord): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(record), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function readLock(path: string): Promise<FoundLock | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { text, record: parseRecord(text), ageMs: Date.now() - mtimeMs };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parseRecord(text: string): LockRecord | undefined {
  try {
    return JSON.parse(text) as LockRecord;
  } catch {
    return undefined;
  }
}

async function isHeld(found: FoundLock): Promise<boolean> {
  const { record } = found;
  if (record === undefined || record.host !== hostname()) return found.ageMs < STALE_MS;
  return isRunning(record.pid) && (await processStart(record.pid)) === record.start;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
