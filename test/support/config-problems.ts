import { ConfigError, loadText } from '../../src/config/load.ts';
import type { Flags } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/file/problem.ts';

/** The problem lines of a configuration, in order; none if it loads. The file is called c.yaml by default. */
export function problemsOf(
  text: string,
  more: { fileName?: string; env?: Record<string, string>; flags?: Flags } = {},
): readonly string[] {
  try {
    loadText(text, more.fileName ?? 'c.yaml', more.env ?? {}, more.flags ?? {});
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem);
    throw error;
  }
}

/** A pool, so that a test can write about something else. */
export const POOL = 'pools: { default: { backends: [{ url: "http://b:1" }] } }\n';
