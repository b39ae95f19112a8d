/**
 * The texts that were in the configuration file and applied: the last ten, in memory and as files of the data folder that
 * only the owner may read, because they have the secrets that the configuration has. A folder that cannot be written
 * stops no change: the versions are in memory then, and written when they can be.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { fingerprintOf } from '../../config/file/text-reader.ts';
import { createFile, fileFailure } from '../../runtime/create-file.ts';
import { makeFolder } from '../../runtime/make-folder.ts';
import type { KeptVersion } from '../configuration.ts';
import { KEPT_VERSIONS, VERSION_ORIGINS, type VersionOrigin } from '../core/reload-vocabulary.ts';

/** Of all texts together; the current one and that before it stay in any case. */
const MAX_BYTES = 16 * 1024 * 1024;

export interface VersionText extends KeptVersion {
  readonly text: string;
}

export interface VersionPorts {
  readonly folder: string;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

export class KeptVersions {
  readonly #ports: VersionPorts;
  /** The newest last. */
  readonly #kept: VersionText[];
  #lastNumber: number;
  #isWritable = true;

  constructor(ports: VersionPorts) {
    this.#ports = ports;
    const numbers = numbersIn(ports.folder);
    this.#lastNumber = Math.max(0, ...numbers);
    this.#kept = readVersions(ports, numbers);
  }

  /** Null: none was read yet. */
  get newest(): VersionText | null {
    return this.#kept.at(-1) ?? null;
  }

  /** The newest first. */
  list(): readonly KeptVersion[] {
    return this.#kept.map(({ text: _text, ...version }) => version).toReversed();
  }

  get(number: number): VersionText | undefined {
    return this.#kept.find((version) => version.number === number);
  }

  /** By the start of its digest; the newest of them. */
  withDigest(start: string): VersionText | undefined {
    return this.#kept.findLast(({ digest }) => digest.startsWith(start));
  }

  /** A text that is current now. The same as before: nothing is added. */
  add(text: string, origin: VersionOrigin, by: string | null): void {
    const digest = fingerprintOf(text);
    if (this.newest?.digest === digest) return;
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const bytes = Buffer.byteLength(text);
    this.#kept.push({ number, at: this.#ports.wallMs(), origin, by, digest, bytes, isStored: false, text });
    while (this.#isTooMuch()) this.#remove(this.#kept.shift()!);
    this.#store();
  }

  #isTooMuch(): boolean {
    const bytes = this.#kept.reduce((sum, version) => sum + version.bytes, 0);
    return this.#kept.length > KEPT_VERSIONS || (bytes > MAX_BYTES && this.#kept.length > 2);
  }

  #remove({ number }: VersionText): void {
    try {
      rmSync(join(this.#ports.folder, fileName(number)), { force: true });
    } catch {
      // It is removed with the next start.
    }
  }

  /** All that are not yet. */
  #store(): void {
    const { folder, log } = this.#ports;
    try {
      makeFolder(folder, 0o700);
      for (const [at, version] of this.#kept.entries()) {
        if (version.isStored) continue;
        writeVersion(folder, version);
        this.#kept[at] = { ...version, isStored: true };
      }
      if (!this.#isWritable) log.info({ folder }, 'versions of the configuration are stored again');
      this.#isWritable = true;
    } catch (error) {
      if (this.#isWritable) {
        log.warn({ folder, reason: fileFailure(error) }, 'versions of the configuration are in memory only');
      }
      this.#isWritable = false;
    }
  }
}

function fileName(number: number): string {
  return `${number}.json`;
}

function writeVersion(folder: string, { number, at, origin, by, text }: VersionText): void {
  createFile(join(folder, fileName(number)), `${JSON.stringify({ number, at, origin, by, text })}\n`);
}

function numbersIn(folder: string): readonly number[] {
  try {
    return readdirSync(folder).flatMap((name) => (/^[1-9]\d{0,14}\.json$/.test(name) ? Number.parseInt(name) : []));
  } catch {
    return [];
  }
}

/** Damaged files are left out, and reported. */
function readVersions({ folder, log }: VersionPorts, numbers: readonly number[]): VersionText[] {
  const found = numbers.flatMap((number) => {
    const file = join(folder, fileName(number));
    const version = readVersion(file);
    if (version?.number === number) return version;
    log.warn({ file }, 'a kept version of the configuration cannot be read');
    return [];
  });
  return found.toSorted((one, other) => one.number - other.number).slice(-KEPT_VERSIONS);
}

function readVersion(file: string): VersionText | undefined {
  try {
    const { number, at, origin, by, text } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    if (typeof number !== 'number' || typeof at !== 'number' || typeof text !== 'string') return undefined;
    const known = VERSION_ORIGINS.find((each) => each === origin);
    if (known === undefined || (by !== null && typeof by !== 'string')) return undefined;
    return {
      number,
      at,
      origin: known,
      by,
      digest: fingerprintOf(text),
      bytes: Buffer.byteLength(text),
      isStored: true,
      text,
    };
  } catch {
    return undefined;
  }
}
