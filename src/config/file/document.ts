import { toPointer, type Path } from './path.ts';
import type { ConfigProblem, Finding } from './problem.ts';
import { SHARED_KEYS } from '../schema/pool-schema.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where a value came from. */
export interface Origin {
  /** File, flag or environment variable. */
  readonly source: string;
  /** Null if the source is not a file. */
  readonly key: Position | null;
  readonly value: Position | null;
  /** A single value as written in the file; null for mappings and lists. */
  readonly text: string | null;
  /** Start and end of that text, in code units from the start of the file; left out: it is in none. */
  readonly range?: readonly [number, number];
  /** Environment variables substituted into it. */
  readonly variables: readonly string[];
  /** The text with its variables, and the result. */
  readonly reference?: string;
  readonly interpolated?: unknown;
}

/** A configuration as given: plain values, and where each came from. */
export interface ConfigDocument {
  /** The file as the user named it, or `command line`. */
  readonly source: string;
  readonly root: Record<string, unknown>;
  /** By JSON pointer. */
  readonly origins: Map<string, Origin>;
}

/**
 * Locates a finding: at the value itself; else at the top-level section it was inherited from; else at another key
 * involved; else at the nearest enclosing mapping in the file.
 */
export function locate(
  document: ConfigDocument,
  { path, others = [], atKey = false, message }: Finding,
): ConfigProblem {
  const [own, top] = [[path, ...others], [path, ...others].flatMap(inheritedFrom)];
  const written = [...own, ...top].find((each) => document.origins.has(toPointer(each)));
  const shown = written !== undefined && top.includes(written) ? inheritedFrom(path)[0]! : path;
  const origin = document.origins.get(toPointer(written ?? nearestWritten(document, path)));
  const position = atKey || written === undefined ? (origin?.key ?? origin?.value) : origin?.value;
  return {
    source: origin?.source ?? document.source,
    line: position?.line ?? null,
    column: position?.column ?? null,
    path: shown.join('.'),
    message,
  };
}

/** By JSON pointer, of everything that the file has there. */
export function placesUnder({ origins }: ConfigDocument, path: Path): ReadonlyMap<string, Position> {
  const top = toPointer(path);
  return new Map(
    [...origins].flatMap(([pointer, { value }]) =>
      pointer.startsWith(`${top}/`) && value !== null ? [[pointer, value]] : [],
    ),
  );
}

function nearestWritten(document: ConfigDocument, path: Path): Path {
  let at = path;
  while (at.length > 0 && !document.origins.has(toPointer(at))) at = at.slice(0, -1);
  return at;
}

/** `pools.api.timeouts.idle` may be at the top as `timeouts.idle`, `routes.0.cors` as `route_defaults.cors`. */
export function inheritedFrom(path: Path): readonly Path[] {
  if (path[0] === 'routes' && path.length > 2) return [['route_defaults', ...path.slice(2)]];
  const isShared = path[0] === 'pools' && (SHARED_KEYS as readonly (string | undefined)[]).includes(path[2]);
  return isShared && path.length > 3 ? [path.slice(2)] : [];
}

/** A mistake at an offset of the text, before it is turned into line and column. */
export interface Mistake {
  readonly offset: number;
  readonly path?: string;
  readonly message: string;
}
