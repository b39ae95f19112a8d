import { readFileSync, statSync } from 'node:fs';

/** Reads a file again when it has changed. A missing file is empty. */
export class WatchedText<T> {
  readonly #path: string;
  readonly #parse: (text: string) => T;
  #stamp = '';
  #value: T;

  constructor(path: string, parse: (text: string) => T) {
    this.#path = path;
    this.#parse = parse;
    this.#value = parse('');
  }

  read(): T {
    try {
      const { mtimeMs, size, ino } = statSync(this.#path);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      if (stamp === this.#stamp) return this.#value;
      this.#value = this.#parse(readFileSync(this.#path, 'utf8'));
      this.#stamp = stamp;
    } catch {
      this.#value = this.#parse('');
      this.#stamp = '';
    }
    return this.#value;
  }
}
