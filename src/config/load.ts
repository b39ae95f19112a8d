import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { checkHealthChecks } from './check-health.ts';
import { checkLimits } from './check-limits.ts';
import { checkListeners } from './check-listeners.ts';
import { checkOwnAddress } from './check-own-address.ts';
import { checkPools } from './check-pools.ts';
import { checkRoutes } from './check-routes.ts';
import { checkShape } from './check-shape.ts';
import { checkSizes } from './check-sizes.ts';
import { locate, type ConfigDocument } from './document.ts';
import { checkWeights } from './check-weights.ts';
import type { Draft } from './draft.ts';
import { checkTls } from './check-tls.ts';
import { checkTokens } from './check-tokens.ts';
import { fillDefaults } from './fill-defaults.ts';
import { fillVariables } from './fill-variables.ts';
import { findConfigFile } from './find-config-file.ts';
import { applyFlags, type Flags } from './flags.ts';
import { inheritShared } from './inherit.ts';
import type { Environment } from './interpolate.ts';
import { isRecord, removeAt } from './path.ts';
import { PemFiles } from './pem-files.ts';
import { bounded, ConfigError, MOST_PROBLEMS, type ConfigProblem, type Finding } from './problem.ts';
import { readDocument } from './read-document.ts';
import { ConfigSchema, type ConfigFile } from './schema.ts';
import type { Settings } from './settings.ts';
import { toSettings } from './to-settings.ts';

export type { Flags } from './flags.ts';
export { ConfigError, type ConfigProblem } from './problem.ts';

export interface LoadInput {
  /** As the user named it; left out: SLUICE_CONFIG, else ./sluice.yaml when it is there. */
  readonly file?: string;
  /** Working directory: relative names start here. */
  readonly cwd: string;
  readonly env: Environment;
  readonly flags: Flags;
}

/**
 * Reads the configuration: file, then environment and flags. Either all of it is right, or a {@link ConfigError} tells
 * everything that is wrong.
 */
export function load(input: LoadInput): Settings {
  const file = findConfigFile(input);
  if (file !== undefined) return loadText(readText(file, input.cwd), file, input.env, input.flags, input.cwd);
  if (input.flags.backends === undefined || input.flags.backends.length === 0)
    throw new ConfigError([NO_CONFIGURATION]);
  return loadText('', 'command line', input.env, input.flags, input.cwd);
}

/**
 * {@link load} with the text of the file; only the certificates it names are read from the disk.
 * @param fileName stands in the errors; `.json` at its end means strict JSON, anything else YAML.
 */
export function loadText(
  text: string,
  fileName: string,
  env: Environment,
  flags: Flags,
  cwd: string = process.cwd(),
): Settings {
  const { document, problems, isReadable } = readDocument(text, fileName);
  if (!isReadable) throw new ConfigError(bounded(problems));
  const oversized = checkSizes(document.root).map((each) => locate(document, each));
  if (oversized.length > 0) throw new ConfigError(bounded([...problems, ...oversized]));
  const unfilled = fillVariables(document, ConfigSchema, env);
  const refused = applyFlags(document, ConfigSchema, flags, env);
  const files = new PemFiles(cwd);
  const { file, findings } = check(document, unfilled, files);
  const all = tidy([...problems, ...[...unfilled, ...refused, ...findings].map((each) => locate(document, each))]);
  if (all.length > 0) throw new ConfigError(bounded(all));
  return toSettings(file as ConfigFile, files);
}

/** The file with its defaults, and what is wrong with it; complete when nothing is. `unfilled`: values that are not known. */
function check(
  document: ConfigDocument,
  unfilled: readonly Finding[],
  files: PemFiles,
): { file: unknown; findings: readonly Finding[] } {
  const filled = structuredClone(document.root);
  inheritShared(filled);
  const file = fillDefaults(ConfigSchema, filled);
  const poolNames = isRecord(document.root.pools) ? Object.keys(document.root.pools) : undefined;
  const shape = checkShape(ConfigSchema, file, document);
  for (const { path } of [...unfilled, ...shape]) removeAt(file, path);
  // The keys against each other: not worth the work while so much is wrong with each alone.
  if (shape.length > MOST_PROBLEMS) return { file, findings: shape };
  const draft = file as Draft<ConfigFile>;
  return {
    file,
    findings: [
      ...shape,
      ...checkListeners(draft),
      ...checkTokens(draft),
      ...checkTls(draft, files),
      ...checkLimits(draft),
      ...checkPools(draft, poolNames),
      ...checkOwnAddress(draft),
      ...checkHealthChecks(draft),
      ...checkWeights(draft),
      ...checkRoutes(draft, poolNames),
    ],
  };
}

/** In the order of the file, each said once: a mistake in a shared section is found again in every pool. */
function tidy(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const once = new Map<string, ConfigProblem>();
  for (const problem of problems) {
    const key = `${problem.source} ${problem.line} ${problem.column} ${problem.path}`;
    if (!once.has(key)) once.set(key, problem);
  }
  const order = ({ line, column }: ConfigProblem): number => (line ?? 1e6) * 1e6 + (column ?? 0);
  return [...once.values()].sort((one, other) => order(one) - order(other));
}

/** Throws ConfigError saying why it cannot be read. */
export function readText(file: string, cwd: string): string {
  const problem = (message: string): ConfigError =>
    new ConfigError([{ source: file, line: null, column: null, path: '', message }]);
  let bytes: Buffer;
  try {
    bytes = readFileSync(resolve(cwd, file));
  } catch (error) {
    throw problem(`cannot be read: ${READ_ERRORS[(error as NodeJS.ErrnoException).code ?? ''] ?? String(error)}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw problem('is not UTF-8 text');
  }
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of its path is no folder',
  ELOOP: 'too many symbolic links',
};

const NO_CONFIGURATION: ConfigProblem = {
  source: 'sluice',
  line: null,
  column: null,
  path: '',
  message:
    'no configuration: there is no ./sluice.yaml; name a file with --config FILE, let `sluice init` write one, ' +
    'or give --backend http://127.0.0.1:8081 for a gateway without a file',
};
