/** Where two JSON values differ. */
import { MASKED } from '../../recording/core/recording-vocabulary.ts';

export interface Difference {
  /** `items.0.name`; empty: the whole. */
  readonly path: string;
  /** As JSON; undefined: it is not there. */
  readonly expected: string | undefined;
  readonly found: string | undefined;
}

/**
 * Paths that do not matter: keys and indexes, joined by dots; `*` stands for any of them. Everything below is ignored
 * too.
 */
export class IgnoredPaths {
  readonly #patterns: readonly (readonly string[])[];

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((pattern) => pattern.split('.'));
  }

  has(path: readonly string[]): boolean {
    return this.#patterns.some(
      (pattern) => pattern.length === path.length && pattern.every((part, at) => part === '*' || part === path[at]),
    );
  }
}

/** A masked value equals anything. The order of keys does not matter, that of lists does. */
export function jsonDifferences(expected: unknown, found: unknown, ignored: IgnoredPaths): Difference[] {
  const all: Difference[] = [];
  compare(expected, found, [], ignored, all);
  return all;
}

function compare(
  expected: unknown,
  found: unknown,
  path: readonly string[],
  ignored: IgnoredPaths,
  all: Difference[],
): void {
  if (expected === MASKED || ignored.has(path) || Object.is(expected, found)) return;
  if (!isTree(expected) || !isTree(found) || Array.isArray(expected) !== Array.isArray(found)) {
    all.push({ path: path.join('.'), expected: shown(expected), found: shown(found) });
    return;
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    compare(expected[key], found[key], [...path, key], ignored, all);
  }
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const MAX_SHOWN = 60;

function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
