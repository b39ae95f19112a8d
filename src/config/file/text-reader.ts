import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

import { fileReason } from '../../runtime/file-reason.ts';
import { readStart } from '../../runtime/read-start.ts';
import type { ConfigReader, Content } from './config-reader.ts';
import { MAX_BYTES } from './find-excess.ts';
import { ConfigError } from './problem.ts';

/** A configuration in YAML or JSON. */
export class TextReader implements ConfigReader {
  readonly paths: readonly string[];
  readonly #file: string;
  readonly #cwd: string;
  #fingerprint: string | null = null;

  constructor(file: string, cwd: string) {
    this.#file = file;
    this.#cwd = cwd;
    this.paths = [resolve(cwd, file)];
  }

  async take(): Promise<Content> {
    const text = readText(this.#file, this.#cwd);
    this.#fingerprint = fingerprintOf(text);
    return { text };
  }

  async peek(): Promise<Content> {
    return { text: readText(this.#file, this.#cwd) };
  }

  hasChanged(): boolean {
    try {
      const bytes = readStart(this.paths[0]!, MAX_BYTES + 1);
      return fingerprintOf(new TextDecoder().decode(bytes)) !== this.#fingerprint;
    } catch {
      return false;
    }
  }

  takeOutput(): readonly string[] {
    return [];
  }
}

/** Throws ConfigError. */
export function readText(file: string, cwd: string): string {
  const problem = (message: string) => new ConfigError([{ source: file, line: null, column: null, path: '', message }]);
  let bytes: Buffer;
  try {
    bytes = readStart(resolve(cwd, file), MAX_BYTES + 1);
  } catch (error) {
    throw problem(`cannot be read: ${fileReason(error)}`);
  }
  if (bytes.length > MAX_BYTES) throw problem(`is longer than ${MAX_BYTES} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw problem('is not UTF-8 text');
  }
}

/** SHA-256, hex. */
export function fingerprintOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
