/**
 * Keeps the history of the gateway in a file of a fixed size, about 92 KiB, so that charts continue after a restart. The
 * whole history is in memory; what changed is written every ten seconds, off the event loop. A disk that is full,
 * read-only or stuck costs nothing but the history after a restart: everything is written when it works again.
 */
import { closeSync, lstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, lstat, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { fileFailure } from '../../runtime/create-file.ts';
import { makeFolder } from '../../runtime/make-folder.ts';
import { repeat } from '../../runtime/repeat.ts';
import { SPAN_SECONDS } from '../core/telemetry-vocabulary.ts';
import { type ByteRange, emptyImage, IMAGE_BYTES, putPoint, readImage, type StoredPoint } from './history-image.ts';
import type { StorageState } from './history-points.ts';

const WRITE_MS = 10_000;
/** A folder that cannot be written should be known soon. */
const FIRST_WRITE_MS = 2000;
/** A stop waits this long for the last write. */
const LAST_WRITE_MS = 1000;

export interface HistoryFilePorts {
  readonly path: string;
  readonly log: Pick<Logger, 'warn' | 'info'>;
}

export class HistoryFile {
  readonly #ports: HistoryFilePorts;
  readonly #image = emptyImage();
  /** Not written yet; a range has one entry however often it changes. */
  readonly #changed = new Map<number, ByteRange>();
  #problem: string | null = null;
  /** Whatever is there was not read: single records must not be added to it. */
  #isForeign = true;
  #stop: (() => Promise<void>) | null = null;

  constructor(ports: HistoryFilePorts) {
    this.#ports = ports;
  }

  /** What the last run stored, by level. Nothing is thrown: a file that cannot be read is as good as none. */
  restore(nowMs: number): readonly (readonly StoredPoint[])[] {
    const levels = this.#read(nowMs) ?? [];
    this.#isForeign = levels.length === 0;
    levels.forEach((points, level) => points.forEach((point) => void putPoint(this.#image, level, point)));
    return levels;
  }

  put(level: number, point: StoredPoint): void {
    const range = putPoint(this.#image, level, point);
    this.#changed.set(range.from, range);
  }

  start(): void {
    let isFirst = true;
    this.#stop = repeat(
      () => this.write(),
      () => {
        const delayMs = isFirst ? FIRST_WRITE_MS : WRITE_MS;
        isFirst = false;
        return delayMs;
      },
    );
  }

  async stop(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_WRITE_MS);
    });
    await Promise.race([this.#stop?.().then(() => this.write()), tooLong]);
    clearTimeout(timer);
  }

  storage(): StorageState {
    return { isStored: this.#problem === null, problem: this.#problem };
  }

  /** What has changed since the last time; if that fails, with the next. Never rejects. */
  async write(): Promise<void> {
    if (this.#changed.size === 0) return;
    const ranges = [...this.#changed.values()];
    this.#changed.clear();
    try {
      await this.#writeRanges(ranges);
      if (this.#problem !== null) this.#ports.log.info({ file: this.#ports.path }, 'metrics history is stored again');
      this.#problem = null;
    } catch (error) {
      for (const range of ranges) this.#changed.set(range.from, range);
      const reason = fileFailure(error);
      if (this.#problem === null) {
        this.#ports.log.warn({ file: this.#ports.path, reason }, 'metrics history is in memory only');
      }
      this.#problem = reason;
    }
  }

  async #writeRanges(ranges: readonly ByteRange[]): Promise<void> {
    const file = this.#isForeign ? null : await openWhole(this.#ports.path);
    if (file === null) return this.#create();
    try {
      for (const { from, length } of ranges) await file.write(this.#image, from, length, from);
    } finally {
      await file.close();
    }
  }

  /** Whole or not at all. */
  async #create(): Promise<void> {
    const { path } = this.#ports;
    const temporary = `${path}.${process.pid}.new`;
    makeFolder(dirname(path), 0o700);
    try {
      await writeFile(temporary, this.#image, { mode: 0o600 });
      await rename(temporary, path);
      this.#isForeign = false;
    } finally {
      await rm(temporary, { force: true });
    }
    // What is left costs a little disk, and this history is stored.
    await removeExpired(dirname(path)).catch(() => undefined);
  }

  #read(nowMs: number): ReturnType<typeof readImage> {
    const { path, log } = this.#ports;
    try {
      // Reading a pipe would wait for a writer.
      if (!lstatSync(path).isFile()) throw Object.assign(new Error(), { code: 'no regular file' });
      const levels = readImage(readStart(path), nowMs);
      if (levels === undefined) log.warn({ file: path }, 'metrics history of another version is replaced');
      return levels;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') log.warn({ file: path, reason: fileFailure(error) }, 'metrics history cannot be read');
      return undefined;
    }
  }
}

/** Containers with ever new names leave theirs behind. After a day, no chart would show anything of it. */
async function removeExpired(folder: string): Promise<void> {
  const oldestMs = Date.now() - SPAN_SECONDS['24h'] * 1000;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await lstat(path).catch(() => null);
    if (found?.isFile() !== true || found.size !== IMAGE_BYTES || found.mtimeMs >= oldestMs) continue;
    await rm(path, { force: true });
  }
}

/** As much as a history has: what else is at this path may be too large for the memory. */
function readStart(path: string): Buffer {
  const start = Buffer.alloc(IMAGE_BYTES);
  const file = openSync(path, 'r');
  try {
    return start.subarray(0, readSync(file, start));
  } finally {
    closeSync(file);
  }
}

/** Null: there is none, or it has another size, so it has to be written whole. */
async function openWhole(path: string): Promise<FileHandle | null> {
  let file: FileHandle;
  try {
    file = await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const size = await file.stat().then(
    (stat) => stat.size,
    () => -1,
  );
  if (size === IMAGE_BYTES) return file;
  await file.close();
  return null;
}
