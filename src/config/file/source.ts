import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

import type { ReadPairs } from '../../certificates/read-pair.ts';
import { findConfigFile } from './find-config-file.ts';
import { loadInWorker } from '../load-in-worker.ts';
import { loadFlags, loadWithReferences, readText, type Loaded, type LoadInput, type LoadContext } from '../load.ts';
import { NO_REFERENCES, type References } from './references.ts';
import type { Settings } from '../settings.ts';
import { replaceFile } from './write-file.ts';

/**
 * Where the configuration comes from, to be read again while the gateway runs: the same file, flags and environment.
 */
export interface ConfigSource {
  /** As the user named it; undefined: there are only flags. */
  readonly file: string | undefined;
  /** Relative names start here. */
  readonly cwd: string;
  /** Absolute, for watching it; undefined: there are only flags. */
  readonly path: string | undefined;
  /** Of the text that was read last, valid or not; null: none yet. */
  readonly fingerprint: string | null;
  /** For the start, on this thread. Flags still win over the file. Throws ConfigError. */
  read(): Settings;
  /** Of the last result of {@link read}. */
  readonly references: References;
  readonly fileWarnings: Loaded['fileWarnings'];
  /** Certificates and keys of the last result of {@link read}, once: they are kept by those who serve them. */
  takePairs(): ReadPairs;
  /** The same without blocking anything else. Rejects with ConfigError or LoadTooCostly. */
  readAgain(): Promise<Loaded>;
  /**
   * The result if the file contained this text. Rejects as readAgain.
   * @param current of the current file: the text may use no other variables.
   * @param onlyFiles certificates and keys that may be opened: errors about others would reveal which files exist.
   */
  readText(text: string, current: References, onlyFiles: readonly string[]): Promise<Loaded>;
  /**
   * Writes the text into the file, if it is valid. Rejects as readText if it is not, with the file system's error if it
   * cannot be written, with RangeError if there is no file.
   */
  write(text: string, current: References): Promise<void>;
}

/** For a text from the API. */
const TEXT_LIMIT_MS = 2000;
/** For the operator's own file: a large one, on a busy machine. */
const FILE_LIMIT_MS = 60_000;

export function configSource(input: LoadInput): ConfigSource {
  const file = findConfigFile(input);
  const { cwd, env, flags } = input;
  let fingerprint: string | null = null;
  let references = NO_REFERENCES;
  let fileWarnings: Loaded['fileWarnings'] = [];
  let pairs: ReadPairs = new Map();
  const take = (named: string): string => {
    const text = readText(named, cwd);
    fingerprint = fingerprintOf(text);
    return text;
  };
  const load = (text: string, fileName: string, by: Pick<LoadContext, 'current' | 'onlyFiles'>): Promise<Loaded> =>
    loadInWorker({ text, fileName, env, flags, cwd, ...by }, { limitMs: TEXT_LIMIT_MS });
  return {
    file,
    cwd,
    path: file === undefined ? undefined : resolve(cwd, file),
    get fingerprint() {
      return fingerprint;
    },
    get references() {
      return references;
    },
    get fileWarnings() {
      return fileWarnings;
    },
    takePairs: () => {
      const taken = pairs;
      pairs = new Map();
      return taken;
    },
    read: () => {
      const loaded = file === undefined ? loadFlags(input) : loadWithReferences(take(file), file, { env, flags, cwd });
      ({ references, fileWarnings, pairs } = loaded);
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
