import { listedNames } from '../../core/listed-names.ts';
import type { Path } from './path.ts';

/** One mistake in the configuration, with its position. */
export interface ConfigProblem {
  /** The file as the user named it, else the flag or the environment variable the value came from. */
  readonly source: string;
  /** From 1; null if the source is not a file or the position is unknown. */
  readonly line: number | null;
  readonly column: number | null;
  /** Dotted keys from the top: `pools.api.backends.0.url`; empty: the whole. */
  readonly path: string;
  /** What was found, what is allowed, the nearest valid word. Never a secret. */
  readonly message: string;
}

/** A mistake before it is located. */
export interface Finding {
  readonly path: Path;
  /** Other keys involved, used to locate the mistake if `path` is a default that is not in the file. */
  readonly others?: readonly Path[];
  /** Point at the key instead of the value: for a key that is itself wrong. */
  readonly atKey?: boolean;
  readonly message: string;
}

/** What is allowed, and hardly intended. */
export interface Warning {
  /** Path of the key. */
  readonly key: string;
  readonly message: string;
}

/** More would not help a reader: fix these, then the rest is reported. */
export const MAX_PROBLEMS = 100;
/** Code units of a path or a message: both can contain text of the file. */
const MAX_TEXT = 1000;

/** The first problems, each of bounded length, and a final one that says there are more. */
export function bounded(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const shown = problems.slice(0, MAX_PROBLEMS).map((problem) => ({
    ...problem,
    path: shorten(problem.path),
    message: shorten(problem.message),
  }));
  if (problems.length <= MAX_PROBLEMS) return shown;
  const message = `there are more problems; the first ${MAX_PROBLEMS} are shown`;
  return [...shown, { source: problems[0]!.source, line: null, column: null, path: '', message }];
}

export function shorten(text: string, longest = MAX_TEXT): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** The first ten of some names, each shortened, and how many more there are. */
export function listed(names: readonly string[]): string {
  return listedNames(names, (name) => shorten(name, 80));
}

/** One line: `sluice.yaml:12:5: pools.api.algorithm: found "roundrobin"; allowed: …`. */
export function formatProblem(problem: ConfigProblem): string {
  const position = problem.line === null ? problem.source : `${problem.source}:${problem.line}:${problem.column}`;
  return [position, problem.path, problem.message].filter((part) => part !== '').join(': ');
}

/** The configuration cannot be used. Carries every problem, not just the first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const [first, ...more] = problems;
    const text = first === undefined ? 'the configuration is not valid' : formatProblem(first);
    super(more.length === 0 ? text : `${text} (and ${more.length} more)`);
    this.problems = problems;
  }

  /** All problems, one a line, and their number. */
  format(): string {
    const count = this.problems.length === 1 ? '1 problem' : `${this.problems.length} problems`;
    return [...this.problems.map(formatProblem), `${count} found; nothing was started`].join('\n');
  }
}

/** Shorthand for a finding at a path given by its keys. */
export function finding(path: Path, message: string, more: Omit<Finding, 'path' | 'message'> = {}): Finding {
  return { path, message, ...more };
}
