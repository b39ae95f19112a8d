/** Our file under construction: values at dotted paths, and all messages about it. */
import { isRecord } from '../../config/file/path.ts';
import type { OldFormat } from './old-format.ts';

export interface Warning {
  /** In the old file; empty: the whole. */
  readonly key: string;
  readonly message: string;
}

/** So that no text of the old file is read as a variable. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map(literal);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, literal(inner)]));
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

export class DraftFile {
  readonly root: Record<string, unknown> = {};
  readonly format: OldFormat;
  readonly #warnings: Warning[] = [];
  readonly #dropped: Warning[] = [];
  /** Our paths to theirs, for messages when ours refuses a value. */
  readonly #origins = new Map<string, string>();

  constructor(format: OldFormat) {
    this.format = format;
  }

  get warnings(): readonly Warning[] {
    return this.#warnings;
  }

  warn(key: string, message: string): void {
    // It will be in a comment of our file, and on a terminal.
    this.#warnings.push({ key, message: oneLine(message) });
  }

  /**
   * Rules that are lost: without them, other traffic is allowed, or traffic goes elsewhere. They are among the
   * warnings.
   */
  get dropped(): readonly Warning[] {
    return this.#dropped;
  }

  drop(key: string, why: string): void {
    this.#dropped.push({ key, message: oneLine(why) });
    this.warn(key, `omitted: ${why}`);
  }

  set(path: string, value: unknown, oldKey: string): void {
    const names = path.split('.');
    let at = this.root;
    for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Record<string, unknown>;
    at[names.at(-1)!] = literal(value);
    this.#origins.set(path, oldKey);
  }

  /** The source of a part of a value: one of a list. */
  setOrigin(path: string, oldKey: string): void {
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
