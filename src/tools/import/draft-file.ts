/** Our file while it is made: values at dotted paths, and everything there is to say about it. */
import { isRecord } from '../../config/path.ts';
import type { OldFormat } from './old-format.ts';

export interface Warning {
  /** In the old file; empty: the whole. */
  readonly key: string;
  readonly message: string;
}

/** So that our file takes nothing in it for a variable. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map(literal);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, literal(inner)]));
}

export class DraftFile {
  readonly root: Record<string, unknown> = {};
  readonly format: OldFormat;
  readonly #warnings: Warning[] = [];
  /** Ours to theirs, for what is said when ours refuses a value. */
  readonly #origins = new Map<string, string>();

  constructor(format: OldFormat) {
    this.format = format;
  }

  get warnings(): readonly Warning[] {
    return this.#warnings;
  }

  warn(key: string, message: string): void {
    this.#warnings.push({ key, message });
  }

  set(path: string, value: unknown, oldKey: string): void {
    const names = path.split('.');
    let at = this.root;
    for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Record<string, unknown>;
    at[names.at(-1)!] = literal(value);
    this.#origins.set(path, oldKey);
  }

  get(path: string): unknown {
    let at: unknown = this.root;
    for (const name of path.split('.')) at = (at as Record<string, unknown> | undefined)?.[name];
    return at;
  }

  /** The old key that a path of ours came from; the nearest above it; else the path itself. */
  originOf(path: string): string {
    for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      const origin = this.#origins.get(at);
      if (origin !== undefined) return origin;
    }
    return path;
  }
}
