import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

import { findConfigFile } from './find-config-file.ts';
import { load, loadText, readText, type LoadInput } from './load.ts';
import type { Settings } from './settings.ts';
import { replaceFile } from './write-file.ts';

/** Where the configuration comes from, to be read again while the gateway runs: the same file, flags and environment. */
export interface ConfigSource {
  /** As the user named it; undefined: there are only flags. */
  readonly file: string | undefined;
  /** Absolute, for whoever watches it; undefined: there are only flags. */
  readonly path: string | undefined;
  /** Of the text that was read last, right or wrong; null: none yet. */
  readonly fingerprint: string | null;
  /** Flags keep winning over the file. Throws ConfigError. */
  read(): Settings;
  /** What the file would be with this text in it. Throws ConfigError. */
  readText(text: string): Settings;
  /**
   * Writes the text into the file, when it is right. Throws ConfigError when it is not, what the file system says when
   * it cannot be written, RangeError when there is no file.
   */
  write(text: string): void;
}

export function configSource(input: LoadInput): ConfigSource {
  const file = findConfigFile(input);
  const { cwd, env, flags } = input;
  let fingerprint: string | null = null;
  return {
    file,
    path: file === undefined ? undefined : resolve(cwd, file),
    get fingerprint() {
      return fingerprint;
    },
    read: () => {
      if (file === undefined) return load(input);
      const text = readText(file, cwd);
      fingerprint = fingerprintOf(text);
      return loadText(text, file, env, flags, cwd);
    },
    readText: (text) => loadText(text, 'config', env, flags, cwd),
    write: (text) => {
      if (file === undefined) throw new RangeError('the configuration came from no file');
      loadText(text, file, env, flags, cwd);
      replaceFile(resolve(cwd, file), text);
    },
  };
}

export function fingerprintOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
