/** YAML and JSON with the place of each key: for formats that are data. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { ImportFailure } from '../old-file.ts';
import type { NamedText } from '../outline/bounded-files.ts';
import type { Origin } from '../outline/origin.ts';

const MAX_DEPTH = 32;
const MAX_NODES = 200_000;

/** A value and where its key, or the item of a list, is. */
export interface Sourced {
  readonly origin: Origin;
  /** Mappings and lists have `fields` and `items` instead. */
  readonly value: string | number | boolean | null;
  readonly fields: ReadonlyMap<string, Sourced> | null;
  readonly items: readonly Sourced[] | null;
}

/** Throws an ImportFailure with file, line and column. */
export function readSourced({ name: file, text }: NamedText): Sourced {
  const counter = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ''), {
    lineCounter: counter,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const [error] = document.errors;
  const at = (offset: number): { readonly file: string; readonly line: number; readonly column: number } => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (error !== undefined) {
    const { line, column } = at(error.pos[0]);
    throw new ImportFailure(`${file}:${line}:${column}: ${error.message.split('\n')[0]}`);
  }
  let count = 0;
  const walk = (node: unknown, origin: Origin, depth: number): Sourced => {
    count += 1;
    if (depth > MAX_DEPTH)
      throw new ImportFailure(`${file}:${origin.line}:${origin.column}: more than ${MAX_DEPTH} levels`);
    if (count > MAX_NODES) throw new ImportFailure(`${file}: more than ${MAX_NODES} values`);
    if (isAlias(node)) return walk(node.resolve(document as Document), origin, depth + 1);
    const made: { -readonly [K in keyof Sourced]: Sourced[K] } = { origin, value: null, fields: null, items: null };
    if (isMap(node)) {
      const fields = new Map<string, Sourced>();
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : '';
        const offset = (key as { range?: readonly number[] } | null)?.range?.[0] ?? 0;
        fields.set(name, walk(value, { ...at(offset), name }, depth + 1));
      }
      made.fields = fields;
    } else if (isSeq(node)) {
      made.items = node.items.map((item) => {
        const offset = (item as { range?: readonly number[] } | null)?.range?.[0];
        return walk(item, offset === undefined ? origin : { ...at(offset), name: origin.name }, depth + 1);
      });
    } else if (isScalar(node)) {
      const { value } = node;
      made.value =
        typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
          ? value
          : value === null
            ? null
            : (node.source ?? null);
    }
    return made;
  };
  return walk(document.contents, { file, line: 1, column: 1, name: file }, 0);
}

export function fieldOf(of: Sourced | undefined, ...path: readonly string[]): Sourced | undefined {
  return path.reduce<Sourced | undefined>((at, key) => at?.fields?.get(key), of);
}

/** Undefined: none, or not a single value. */
export function textOf(of: Sourced | undefined): string | undefined {
  return of === undefined || of.value === null ? undefined : String(of.value);
}

/** A list, or a single value as one. */
export function textsOf(of: Sourced | undefined): readonly string[] {
  if (of === undefined) return [];
  if (of.items !== null) return of.items.flatMap((each) => (each.value === null ? [] : [String(each.value)]));
  return of.value === null ? [] : [String(of.value)];
}

export function isTrue(of: Sourced | undefined): boolean {
  return of?.value === true || of?.value === 'true';
}

/** The fields of a mapping, in order. */
export function entriesOf(of: Sourced | undefined): readonly (readonly [string, Sourced])[] {
  return [...(of?.fields ?? [])];
}
