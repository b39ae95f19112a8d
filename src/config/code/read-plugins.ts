/** Reads the code of the plugins in a configuration: checks their options, and notes what they consist of. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { fileReason } from '../../runtime/file-reason.ts';
import type { Environment } from '../file/read-variable.ts';
import { toPointer } from '../file/path.ts';
import { bounded, ConfigError, type ConfigProblem } from '../file/problem.ts';
import type { Loaded } from '../load.ts';
import type { PluginSettings } from '../settings.ts';
import { evaluateInWorker } from './evaluate-in-worker.ts';
import type { InspectedPlugin } from './inspect-plugin.ts';
import type { PluginOptions } from './plugin-options.ts';
import { hashOf } from './track-modules.ts';

export interface PluginContext {
  readonly cwd: string;
  readonly env: Environment;
  /** Of the configuration, for errors. */
  readonly fileName: string;
  /** Called with each file that a plugin consists of, and the hash of its contents; null: it is missing. */
  readonly onFile: (file: string, hash: string | null) => void;
  /** Absolute: the only plugins that may be evaluated, for a text that comes from elsewhere. Default: all. */
  readonly only?: ReadonlySet<string>;
  /** Default: true. Otherwise they are left as they are. */
  readonly checksOptions?: boolean;
}

interface ReadPlugin {
  readonly settings: PluginSettings;
  readonly about: PluginOptions;
}

/** The configuration with its plugins' options and revisions, and what their schemas say. Rejects with ConfigError. */
export async function readPlugins<L extends Loaded>(loaded: L, context: PluginContext): Promise<L> {
  const plugins = Object.entries(loaded.settings.plugins);
  if (plugins.length === 0) return loaded;
  const problems: ConfigProblem[] = [];
  const read = await Promise.all(
    plugins.map(async ([name, plugin]) => {
      const result = await readPlugin(name, plugin, loaded.pluginPlaces, context);
      if (!Array.isArray(result)) return [[name, result] as const];
      problems.push(...result);
      return [];
    }),
  );
  if (problems.length > 0) throw new ConfigError(bounded(problems));
  const settings = Object.fromEntries(read.flat().map(([name, plugin]) => [name, plugin.settings]));
  return {
    ...loaded,
    pluginOptions: new Map(read.flat().map(([name, { about }]) => [name, about])),
    settings: Object.freeze({ ...loaded.settings, plugins: Object.freeze(settings) }),
  };
}

async function readPlugin(
  name: string,
  plugin: PluginSettings,
  places: Loaded['pluginPlaces'],
  { cwd, env, fileName, onFile, only, checksOptions = true }: PluginContext,
): Promise<ReadPlugin | ConfigProblem[]> {
  const path = resolve(cwd, plugin.file);
  const problem = (keys: readonly string[], message: string): ConfigProblem => {
    const all = ['plugins', name, ...keys];
    const at = nearest(places, all);
    return { source: fileName, line: at?.line ?? null, column: at?.column ?? null, path: all.join('.'), message };
  };
  if (only?.has(path) === false) {
    return [problem(['file'], 'is code that the gateway does not run yet; add it to the file itself, not by the API')];
  }
  const hashes = new Map<string, string | null>([[path, hashOf(path)]]);
  onFile(path, hashes.get(path)!);
  const unreadable = fileFault(path);
  if (unreadable !== undefined) return [problem(['file'], `cannot be read: ${unreadable}`)];
  try {
    const { options, about } = (await evaluateInWorker(
      { path, env, plugin: { options: checksOptions ? plugin.options : null } },
      {
        fileName: relative(cwd, path),
        cwd,
        onFile: (file, hash) => {
          hashes.set(file, hash);
          onFile(file, hash);
        },
      },
    )) as InspectedPlugin;
    const settings = { ...plugin, ...(checksOptions ? { options } : {}), revision: revisionOf(hashes) };
    return { settings, about };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // Of the options, or in the code.
    return error.problems.map((each) =>
      each.path === '' && each.line !== null
        ? { ...each, path: `plugins.${name}` }
        : problem(each.path === '' ? ['file'] : ['options', ...each.path.split('.')], each.message),
    );
  }
}

function fileFault(path: string): string | undefined {
  try {
    readFileSync(path);
    return undefined;
  } catch (error) {
    return fileReason(error);
  }
}

function nearest(places: Loaded['pluginPlaces'], keys: readonly string[]) {
  for (let end = keys.length; end > 0; end -= 1) {
    const place = places.get(toPointer(keys.slice(0, end)));
    if (place !== undefined) return place;
  }
  return undefined;
}

function revisionOf(hashes: ReadonlyMap<string, string | null>): string {
  const all = [...hashes].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 16);
}
