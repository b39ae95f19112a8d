import type { ConfigReader, Content } from '../file/config-reader.ts';
import { bounded, ConfigError, finding } from '../file/problem.ts';
import { plainCopy } from './plain-copy.ts';

type Read = ReturnType<typeof plainCopy>;

/** A configuration that a program gives as an object, as it is when it is given. */
export class ObjectReader implements ConfigReader {
  /** For errors. */
  readonly name = 'config';
  readonly paths: readonly string[] = [];
  #read: Read;

  constructor(config: unknown) {
    this.#read = copied(config);
  }

  /** Makes it what is read from now on. The returned function takes that back. */
  replace(config: unknown): () => void {
    const before = this.#read;
    this.#read = copied(config);
    return () => {
      this.#read = before;
    };
  }

  async take(): Promise<Content> {
    return this.peek();
  }

  async peek(): Promise<Content> {
    const { value, findings } = this.#read;
    if (findings.length === 0) return { value };
    const problem = { source: this.name, line: null, column: null };
    throw new ConfigError(
      bounded(findings.map(({ path, message }) => ({ ...problem, path: path.join('.'), message }))),
    );
  }

  hasChanged(): boolean {
    return false;
  }

  takeOutput(): readonly string[] {
    return [];
  }
}

function copied(config: unknown): Read {
  const isMapping = typeof config === 'object' && config !== null && !Array.isArray(config);
  return isMapping ? plainCopy(config) : { value: undefined, findings: [finding([], 'must be an object')] };
}
