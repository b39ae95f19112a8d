import { resolve } from 'node:path';

import type { ReadPairs } from '../../certificates/read-pair.ts';
import { isCodeFile } from '../code/code-file.ts';
import { CodeReader } from '../code/code-reader.ts';
import { readPlugins } from '../code/read-plugins.ts';
import { hashOf } from '../code/track-modules.ts';
import { fileFailure } from '../../runtime/create-file.ts';
import type { GeoTableContent } from '../../geo/geo-table.ts';
import { loadInWorker } from '../load-in-worker.ts';
import { loadContent, loadFlags, type LoadContext, type Loaded, type LoadedHere, type LoadInput } from '../load.ts';
import type { Settings } from '../settings.ts';
import { findConfigFile } from './find-config-file.ts';
import { NO_REFERENCES, type References } from './references.ts';
import type { ConfigReader, Content } from './config-reader.ts';
import { readText, TextReader } from './text-reader.ts';
import { replaceFile, replaceObstacle } from './write-file.ts';

/**
 * Where the configuration comes from, to be read again while the gateway runs: the same file, flags and environment.
 */
export interface ConfigSource {
  /** As the user named it; undefined: there are only flags. */
  readonly file: string | undefined;
  /** Why no text can be written into the file, a sentence, as of now; null: nothing is known against it. */
  readonly readOnly: string | null;
  /** Relative names start here. */
  readonly cwd: string;
  /** Absolute, for watching: the file, and what it imports. Empty: there are only flags. */
  readonly paths: readonly string[];
  /** Whether one of them differs from what was read last, valid or not. */
  hasChanged(): boolean;
  /** Calls the listener after each reading of the file; {@link paths} may have changed. */
  onRead(listener: () => void): void;
  /** Lines that code printed since the last call. */
  takeOutput(): readonly string[];
  /** For the start, on this thread. Flags still win over the file. Rejects with ConfigError. */
  read(): Promise<Settings>;
  /** Of the last result of {@link read}. */
  readonly references: References;
  readonly fileWarnings: Loaded['fileWarnings'];
  readonly yaml: Loaded['yaml'];
  readonly pluginOptions: Loaded['pluginOptions'];
  /** Of the file, by the last {@link read}; null: there is none, or it is code. */
  readonly text: string | null;
  /** Certificates and keys of the last result of {@link read}, once: they are kept by those who serve them. */
  takePairs(): ReadPairs;
  /** The same without blocking anything else. Rejects with ConfigError or LoadTooCostly. */
  readAgain(): Promise<ReadAgain>;
  /** The same for a check: what has changed is still to be read. */
  tryAgain(): Promise<Loaded>;
  /** What the file contains now, without taking note of it; null: there is no file, it is code, or it cannot be read. */
  peek(): string | null;
  /**
   * The result if the file contained this text, which is never evaluated. Rejects as readAgain.
   * @param current of the current file: the text may use no other variables.
   * @param onlyFiles certificates and keys that may be opened: errors about others would reveal which files exist.
   */
  readText(text: string, current: References, onlyFiles: readonly string[]): Promise<Loaded>;
  /** The same for a text that was in the file before: it may use what it used then. */
  readEarlier(text: string): Promise<Loaded>;
  /**
   * Writes the text into the file, if it is valid. Rejects as readText if it is not, with the file system's error if it
   * cannot be written, with RangeError if it is {@link readOnly}.
   *
   * @param current null: the text was in the file before.
   */
  write(text: string, current: References | null): Promise<void>;
}

/** With the text of the file; null: there is none, or it is code. */
export type ReadAgain = Loaded & { readonly text: string | null };

/** For a text from the API. */
const TEXT_LIMIT_MS = 2000;
/** For the operator's own file: a large one, on a busy machine. */
const FILE_LIMIT_MS = 60_000;

export interface SourceOptions {
  /** Also say what the file means, as YAML. Default: if it is code. */
  readonly wantsYaml?: boolean;
  /** As in ConfigSource. Default: if there is no file, or it is code. */
  readonly readOnly?: string;
  /** Read in place of a file, which the input must not name then. `name`: for errors. */
  readonly reader?: ConfigReader & { readonly name: string };
  /** Default: true; for editors, whose schema must not depend on what is in the file. */
  readonly checksPluginOptions?: boolean;
}

/** Throws ConfigError if there is more than one file to choose from. */
export function configSource(input: LoadInput, options: SourceOptions = {}): ConfigSource {
  const file = options.reader === undefined ? findConfigFile(input) : undefined;
  const { cwd, env, flags } = input;
  const isCode = file !== undefined && isCodeFile(file);
  const reader = options.reader ?? readerOf(file, isCode, input);
  const name = file ?? options.reader?.name ?? 'command line';
  const around = { env, flags, cwd, wantsYaml: options.wantsYaml ?? (isCode || options.reader !== undefined) };
  const readOnly = options.readOnly ?? readOnlyReason(file);
  // The mount and the mode may change.
  const readOnlyNow = (): string | null => readOnly ?? (file === undefined ? null : unwritableReason(file, cwd));
  const listeners: (() => void)[] = [];
  let last: LoadedHere | undefined;
  let text: string | null = null;
  /** Of the last configuration that was valid. */
  let knownTable: GeoTableContent | null = null;
  let pairs: ReadPairs = new Map();
  /** What the plugins consist of, by path, as of the last reading: the hash of the contents; null: it was missing. */
  let pluginStamps = new Map<string, string | null>();
  /** Absolute, of the last configuration that was valid. */
  let pluginFiles: ReadonlySet<string> = new Set();
  const withPlugins = async <L extends Loaded>(loaded: L): Promise<L> => {
    const stamps = new Map<string, string | null>();
    pluginStamps = stamps;
    const onFile = (name: string, hash: string | null): void => void stamps.set(name, hash);
    const read = await readPlugins(loaded, {
      cwd,
      env,
      fileName: name,
      onFile,
      checksOptions: options.checksPluginOptions ?? true,
    }).finally(announce);
    pluginFiles = new Set(Object.values(read.settings.plugins).map((plugin) => resolve(cwd, plugin.file)));
    return read;
  };
  const announce = (): void => {
    for (const listener of listeners) listener();
  };
  const take = async () => {
    try {
      return await reader!.take();
    } finally {
      announce();
    }
  };
  const load = async (
    given: string,
    fileName: string,
    by: Pick<LoadContext, 'current' | 'onlyFiles'>,
  ): Promise<Loaded> => {
    const loaded = await loadInWorker(
      { content: { text: given }, fileName, env, flags, cwd, knownTable, ...by },
      { limitMs: TEXT_LIMIT_MS },
    );
    return readPlugins(loaded, { cwd, env, fileName, onFile: () => {}, only: pluginFiles });
  };
  const loadFile = async (content: Content): Promise<Loaded> => {
    const loaded = await loadInWorker({ content, fileName: name, knownTable, ...around }, { limitMs: FILE_LIMIT_MS });
    knownTable = loaded.settings.geo.tableContent;
    return loaded;
  };
  return {
    file,
    get readOnly() {
      return readOnlyNow();
    },
    cwd,
    get paths() {
      return [...new Set([...(reader?.paths ?? []), ...pluginStamps.keys()])];
    },
    hasChanged: () => reader?.hasChanged() === true || haveChanged(pluginStamps),
    onRead: (listener) => void listeners.push(listener),
    takeOutput: () => reader?.takeOutput() ?? [],
    get references() {
      return last?.references ?? NO_REFERENCES;
    },
    get fileWarnings() {
      return last?.fileWarnings ?? [];
    },
    get yaml() {
      return last?.yaml ?? null;
    },
    get pluginOptions() {
      return last?.pluginOptions ?? new Map();
    },
    get text() {
      return text;
    },
    takePairs: () => {
      const taken = pairs;
      pairs = new Map();
      return taken;
    },
    read: async () => {
      const content = reader === undefined ? null : await take();
      const loaded = await withPlugins(
        content === null ? loadFlags(input, around) : loadContent(content, name, around),
      );
      last = { ...loaded, pairs: new Map() };
      text = textOf(content);
      ({ pairs } = loaded);
      knownTable = loaded.settings.geo.tableContent;
      return loaded.settings;
    },
    readAgain: async () => {
      if (reader === undefined) return { ...loadFlags(input, around), text: null };
      const content = await take();
      return { ...(await withPlugins(await loadFile(content))), text: textOf(content) };
    },
    tryAgain: async () => {
      if (reader === undefined) return loadFlags(input, around);
      const loaded = await loadFile(await reader.peek());
      return readPlugins(loaded, { cwd, env, fileName: name, onFile: () => {} });
    },
    peek: () => {
      try {
        return file === undefined || isCode ? null : readText(file, cwd);
      } catch {
        return null;
      }
    },
    readText: (given, current, onlyFiles) => load(given, 'config', { current, onlyFiles }),
    readEarlier: (given) => load(given, file ?? 'config', {}),
    write: async (given, current) => {
      if (file === undefined || readOnly !== null) throw new RangeError(readOnly ?? 'there is no file');
      await load(given, file, current === null ? {} : { current });
      replaceFile(resolve(cwd, file), given);
    },
  };
}

function readerOf(
  file: string | undefined,
  isCode: boolean,
  { cwd, env }: Pick<LoadInput, 'cwd' | 'env'>,
): ConfigReader | undefined {
  if (file === undefined) return undefined;
  return isCode ? new CodeReader({ file, cwd, env }) : new TextReader(file, cwd);
}

function textOf(content: Content | null): string | null {
  return content !== null && 'text' in content ? content.text : null;
}

/** A file that cannot be read for now has not changed. */
function haveChanged(stamps: ReadonlyMap<string, string | null>): boolean {
  return [...stamps].some(([path, known]) => {
    const hash = hashOf(path);
    return hash !== null && hash !== known;
  });
}

function readOnlyReason(file: string | undefined): string | null {
  if (file === undefined) return 'The gateway was started without a file';
  return isCodeFile(file) ? `${file} is code, which the API neither writes nor runs: edit the file` : null;
}

function unwritableReason(file: string, cwd: string): string | null {
  const obstacle = replaceObstacle(resolve(cwd, file));
  return obstacle === null ? null : `The file ${file} cannot be written: ${fileFailure(obstacle)}`;
}
