/** The old file as parsed: its values, and the lines of its keys. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { isRecord } from '../../config/file/path.ts';
import { plainKey } from './plain-key.ts';

/** This file cannot be used at all. */
export class ImportFailure extends Error {
  override readonly name = 'ImportFailure';
}

export class OldFile {
  readonly root: Readonly<Record<string, unknown>>;
  readonly #lines = new Map<string, number>();
  readonly #counter = new LineCounter();

  /** YAML or JSON. Throws an ImportFailure. */
  constructor(text: string) {
    const document = parseDocument(text.replace(/^\uFEFF/, ''), { prettyErrors: true, lineCounter: this.#counter });
    const [error] = document.errors;
    if (error !== undefined) throw new ImportFailure(`neither YAML nor JSON: ${error.message.split('\n')[0]}`);
    this.#walk(document.contents, '');
    let root: unknown;
    try {
      root = document.toJS({ maxAliasCount: 100 });
    } catch (cause) {
      throw new ImportFailure(`cannot be read: ${(cause as Error).message}`);
    }
    if (!isRecord(root)) throw new ImportFailure('it contains no keys');
    this.root = root;
  }

  /** Every value with its keys; lists are values. Null is left out, because it sets nothing. */
  leaves(): Iterable<readonly [key: string, value: unknown]> {
    return leavesOf(this.root, '');
  }

  /** Line of the key, or of the nearest above it: the contents of an alias have no line of their own. */
  lineOf(key: string): number | undefined {
    for (let at = key; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      const line = this.#lines.get(at);
      if (line !== undefined) return line;
    }
    return undefined;
  }

  #walk(node: unknown, key: string): void {
    if (isMap(node))
      for (const { key: name, value } of node.items) {
        const inner = joined(key, String(isScalar(name) ? name.value : name));
        this.#note(inner, name);
        keepText(inner, value);
        this.#walk(value, inner);
      }
    else if (isSeq(node))
      for (const [at, item] of node.items.entries()) {
        this.#note(joined(key, String(at)), item);
        this.#walk(item, joined(key, String(at)));
      }
  }

  #note(key: string, node: unknown): void {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    if (range !== undefined && range !== null) this.#lines.set(key, this.#counter.linePos(range[0]!).line);
  }
}

/** A password of digits is not a number: 0123 would become 123. */
function keepText(key: string, node: unknown): void {
  if (!isScalar(node) || typeof node.value === 'string' || !node.source) return;
  if (/(?:^|[._])(?:pass|passwd|password|pwd|token)$/.test(plainKey(key)) && node.value !== null)
    node.value = node.source;
}

function* leavesOf(value: unknown, key: string): Generator<readonly [key: string, value: unknown]> {
  if (!isRecord(value)) {
    if (value !== null) yield [key, value];
    return;
  }
  for (const [name, inner] of Object.entries(value)) yield* leavesOf(inner, joined(key, name));
}

function joined(key: string, name: string): string {
  // Keys appear in comments of our file, and on a terminal.
  const line = name.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  return key === '' ? line : `${key}.${line}`;
}
