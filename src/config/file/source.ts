import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

import { findConfigFile } from './find-config-file.ts';
import { loadInWorker } from '../load-in-worker.ts';
import { loadFlags, loadWithReferences, readText, type Loaded, type LoadInput, type LoadContext } from '../load.ts';
import { NO_REFERENCES, type References } from './references.ts';
import type { Settings } from '../settings.ts';
import { replaceFile } from './write-file.ts';

/** Where the configuration comes from, to be read again while the gateway runs: the same file, flags and environment. */
export interface ConfigSource {
  /** As the user named it; undefined: there are only flags. */
  readonly file: string | undefined;
  /** Absolute, for whoever watches it; undefined: there are only flags. */
  readonly path: string | undefined;
  /** Of the text that was read last, right or wrong; null: none yet. */
  readonly fingerprint: string | null;
  /** For the start, on this thread. Flags keep winning over the file. Throws ConfigError. */
  read(): Settings;
  /** Of what {@link read} answered last. */
  readonly references: References;
  /** The same beside everything else that runs. Rejects with ConfigError or LoadTooCostly. */
  readAgain(): Promise<Loaded>;
  /**
   * What the file would be with this text in it. Rejects as readAgain.
   * @param current of the current file: the text may use no other variables.
   * @param onlyFiles certificates and keys that may be opened: what is said of others would tell which files there are.
   */
  readText(text: string, current: References, onlyFiles: readonly string[]): Promise<Loaded>;
  /**
   * Writes the text into the file, when it is right. Rejects as readText when it is not, with what the file system says
   * when it cannot be written, with RangeError when there is no file.
   */
  write(text: string, current: References): Promise<void>;
}

/** A text of somebody else is worth no more. */
const TEXT_LIMIT_MS = 2000;
/** The file of the operator: a large one, on a busy machine. */
const FILE_LIMIT_MS = 60_000;

export function configSource(input: LoadInput): ConfigSource {
  const file = findConfigFile(input);
  const { cwd, env, flags } = input;
  let fingerprint: string | null = null;
  let references = NO_REFERENCES;
  const take = (named: string): string => {
    const text = readText(named, cwd);
    fingerprint = fingerprintOf(text);
    return text;
  };
  const load = (text: string, fileName: string, by: Pick<LoadContext, 'current' | 'onlyFiles'>): Promise<Loaded> =>
    loadInWorker({ text, fileName, env, flags, cwd, ...by }, { limitMs: TEXT_LIMIT_MS });
  return {
    file,
    path: file === undefined ? undefined : resolve(cwd, file),
    get fingerprint() {
      return fingerprint;
    },
    get references() {
      return references;
    },
    read: () => {
      const loaded = file === undefined ? loadFlags(input) : loadWithReferences(take(file), file, { env, flags, cwd });
      ({ references } = loaded);
      return loaded.settings;
    },
    readAgain: async () =>
      file === undefined
        ? loadFlags(input)
        : loadInWorker({ text: take(file), fileName: file, env, flags, cwd }, { limitMs: FILE_LIMIT_MS }),
    readText: (text, current, onlyFiles) => load(text, 'config', { current, onlyFiles }),
    write: async (text, current) => {
      if (file === undefined) throw new RangeError('the configuration came from no file');
      await load(text, file, { current });
      replaceFile(resolve(cwd, file), text);
    },
  };
}

export function fingerprintOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
