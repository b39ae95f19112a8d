import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';

import { fileReason } from '../../runtime/file-reason.ts';
import type { ConfigReader, Content } from '../file/config-reader.ts';
import type { Environment } from '../file/read-variable.ts';
import { ConfigError } from '../file/problem.ts';
import { evaluateInWorker } from './evaluate-in-worker.ts';
import { hashOf } from './track-modules.ts';

export interface CodeReaderInput {
  /** As the user named it. */
  readonly file: string;
  readonly cwd: string;
  readonly env: Environment;
  /** Longest evaluation, ms; default 3 s. */
  readonly limitMs?: number;
}

/** Of what the code printed: enough to debug with. */
const MAX_LINES = 50;

/** A configuration in TypeScript or JavaScript: evaluated each time it is read. */
export class CodeReader implements ConfigReader {
  readonly #input: CodeReaderInput;
  readonly #path: string;
  /** Where the path led, since Kubernetes replaces files by changing a link. */
  #realPath: string | null = null;
  /** Of the file and the modules it imports, by path: the hash of the contents; null: it was missing. */
  #stamps = new Map<string, string | null>();
  #output = '';

  constructor(input: CodeReaderInput) {
    this.#input = input;
    this.#path = resolve(input.cwd, input.file);
  }

  async take(): Promise<Content> {
    const path = this.#resolve();
    this.#realPath = path;
    const before = this.#stamps;
    // Filled while the evaluation runs: what stops it is in one of these files.
    const stamps = new Map([[path, hashOf(path)]]);
    this.#stamps = stamps;
    try {
      return await this.#evaluate(path, stamps);
    } catch (error) {
      // It may not have come to the others.
      for (const file of before.keys()) if (!stamps.has(file)) stamps.set(file, hashOf(file));
      throw error;
    }
  }

  async peek(): Promise<Content> {
    return this.#evaluate(this.#resolve(), new Map());
  }

  async #evaluate(path: string, stamps: Map<string, string | null>): Promise<Content> {
    const { file, cwd, env, limitMs } = this.#input;
    const value = await evaluateInWorker(
      { path, env },
      {
        fileName: file,
        cwd,
        ...(limitMs === undefined ? {} : { limitMs }),
        onFile: (name, hash) => void stamps.set(name, hash),
        onOutput: (text) => (this.#output += text),
      },
    );
    return { value };
  }

  get paths(): readonly string[] {
    return [...new Set([this.#path, ...this.#stamps.keys()])];
  }

  hasChanged(): boolean {
    if (this.#isMoved()) return true;
    return [...this.#stamps].some(([file, known]) => {
      const hash = hashOf(file);
      return hash !== null && hash !== known;
    });
  }

  takeOutput(): readonly string[] {
    const lines = this.#output.split('\n').filter((line) => line !== '');
    this.#output = '';
    const more = lines.length - MAX_LINES;
    return more > 0 ? [...lines.slice(0, MAX_LINES), `and ${more} more lines`] : lines;
  }

  #resolve(): string {
    try {
      return realpathSync(this.#path);
    } catch (error) {
      const message = `cannot be read: ${fileReason(error)}`;
      throw new ConfigError([{ source: this.#input.file, line: null, column: null, path: '', message }]);
    }
  }

  #isMoved(): boolean {
    try {
      return realpathSync(this.#path) !== this.#realPath;
    } catch {
      return false;
    }
  }
}
