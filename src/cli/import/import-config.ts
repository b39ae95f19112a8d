/** Converts a configuration of one of four old balancers into ours: pure, text to text. */
import { stringify } from 'yaml';
import { ConfigError, loadText } from '../../config/load.ts';
import { isRecord } from '../../config/file/path.ts';
import { DraftFile, type Warning } from './draft-file.ts';
import { ImportFailure, OldFile } from './old-file.ts';
import { detectFormat, type OldFormat } from './old-format.ts';
import { settleDatabase } from './read-database.ts';
import { settleRedis } from './read-redis.ts';
import { settleHealth, settleLimits } from './read-values.ts';
import { ruleOf } from './rules.ts';
import { changesTraffic, isTrafficRule } from './traffic-rule.ts';

export interface Imported {
  readonly format: OldFormat;
  /** Accepted by `sluice check`. */
  readonly yaml: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** A sentence for each key that has no meaning here, or a different one, or whose unit was wrong. */
  readonly warnings: readonly Warning[];
}

export interface ImportOptions {
  /** Detected from the keys if undefined. */
  readonly format?: OldFormat | undefined;
  /** Rules that cannot be translated are left out with a warning. Default: they refuse the file. */
  readonly dropsUnsupported?: boolean;
}

/** Throws an ImportFailure. */
export function importConfig(text: string, { format, dropsUnsupported = false }: ImportOptions = {}): Imported {
  const old = new OldFile(text);
  if (isRecord(old.root['pools']))
    throw new ImportFailure('it is a configuration of Sluice already: `sluice check` reads it');
  const draft = new DraftFile(format ?? detectFormat(old.root));
  for (const [key, value] of old.leaves()) {
    const rule = ruleOf(key);
    if (rule !== undefined) rule(draft, key, value);
    else if (isTrafficRule(key, value)) draft.drop(key, 'unknown here');
    else draft.warn(key, 'omitted: unknown here');
  }
  settle(draft);
  dropInvalid(draft);
  if (!dropsUnsupported && draft.dropped.length > 0) throw new ImportFailure(refusal(draft.dropped, old));
  return { format: draft.format, config: draft.root, warnings: draft.warnings, yaml: written(draft) };
}

function settle(draft: DraftFile): void {
  settleLimits(draft);
  settleDatabase(draft);
  settleRedis(draft);
  if (draft.format === 'balancer' && draft.get('health_check.path') === undefined) {
    draft.set('health_check.path', '/ping', 'health_check.path');
    draft.warn('', 'health checks use /ping, as before; set health_check.path if your backends have another');
  }
  if (isRecord(draft.root['health_check'])) settleHealth(draft);
  const backends = draft.get('pools.default.backends');
  if (!Array.isArray(backends) || backends.length === 0)
    throw new ImportFailure('no backends found in it: is it a configuration of one of the four balancers?');
}

/** Our own reader judges the result: whatever it refuses is removed and reported, until it is valid. */
function dropInvalid(draft: DraftFile): void {
  for (;;) {
    const problems = problemsOf(draft);
    if (problems.length === 0) return;
    // The last first: removing an item of a list moves those after it.
    const { path, message } = problems.at(-1)!;
    const [, backend] = /^(pools\.default\.backends\.\d+)\.(?:url)/.exec(path) ?? [];
    const victim = backend ?? path;
    if (!remove(draft.root, victim.split('.'))) throw new ImportFailure(`the result is invalid: ${path}: ${message}`);
    if (changesTraffic(victim)) draft.drop(draft.originOf(victim), message);
    else draft.warn(draft.originOf(victim), `omitted: ${message}`);
    const left = draft.get('pools.default.backends');
    if (!Array.isArray(left) || left.length === 0) throw new ImportFailure(`no backend of it can be used: ${message}`);
  }
}

const MAX_NAMED = 50;

function refusal(dropped: readonly Warning[], old: OldFile): string {
  const lines = dropped.slice(0, MAX_NAMED).map(({ key, message }) => {
    const line = old.lineOf(key);
    return `  ${line === undefined ? '' : `line ${line}: `}${key}: ${message}\n`;
  });
  const more = dropped.length > MAX_NAMED ? `  and ${dropped.length - MAX_NAMED} more\n` : '';
  const [count, rest] =
    dropped.length === 1
      ? ['1 rule', 'it out, with a warning']
      : [`${dropped.length} rules`, 'them out, with a warning for each'];
  return `${count} cannot be translated, nothing is written:\n${lines.join('')}${more}--drop-unsupported leaves ${rest}`;
}

function problemsOf(draft: DraftFile): ConfigError['problems'] {
  try {
    loadText(stringify(draft.root), 'imported', {}, {});
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function remove(root: unknown, path: readonly string[]): boolean {
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], root);
  const last = path.at(-1)!;
  if (Array.isArray(parent)) return parent.splice(Number(last), 1).length > 0;
  if (!isRecord(parent) || !Object.hasOwn(parent, last)) return false;
  delete parent[last];
  return true;
}

const ORDER = ['server', 'admin', 'database', 'redis', 'log', 'metrics', 'rate_limit', 'pools'];

function written(draft: DraftFile): string {
  const rank = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const sorted = Object.fromEntries(
    Object.entries(draft.root)
      .filter(([, section]) => !isRecord(section) || Object.keys(section).length > 0)
      .toSorted(([one], [other]) => rank(one) - rank(other)),
  );
  const notes = draft.warnings.map(({ key, message }) => `# - ${key === '' ? '' : `${key}: `}${message}\n`).join('');
  const head = '# Made by `sluice import`. Omitted keys have their defaults: docs/configuration.md.\n';
  return `${head}${notes === '' ? '' : `#\n# Check these:\n${notes}`}\n${stringify(sorted, { lineWidth: 0 })}`;
}
