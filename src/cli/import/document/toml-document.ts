/** TOML with the place of each key: Traefik's file provider reads it beside YAML. */
import { parse, TomlError, type TomlValue } from 'smol-toml';
import { ImportFailure } from '../old-file.ts';
import type { NamedText } from '../outline/bounded-files.ts';
import type { Origin } from '../outline/origin.ts';
import type { Sourced } from './sourced-document.ts';

const MAX_DEPTH = 32;
const MAX_NODES = 200_000;

const NAME = String.raw`(?:"[^"\n]*"|'[^'\n]*'|[\w-]+)`;
const HEADER = new RegExp(String.raw`^[ \t]*(\[\[?)[ \t]*(${NAME}(?:[ \t]*\.[ \t]*${NAME})*)[ \t]*\]`);
const KEY = new RegExp(String.raw`^[ \t]*(${NAME}(?:[ \t]*\.[ \t]*${NAME})*)[ \t]*=`);

type Place = Pick<Origin, 'line' | 'column'>;

/** Throws an ImportFailure with file, line and column. */
export function readToml({ name: file, text }: NamedText): Sourced {
  const source = text.replace(/^\uFEFF/, '');
  const places = placesIn(source);
  let count = 0;
  return walk(parsed(source, file), [], { file, line: 1, column: 1, name: file });

  function walk(value: TomlValue, path: readonly string[], origin: Origin): Sourced {
    count += 1;
    if (count > MAX_NODES) throw new ImportFailure(`${file}: more than ${MAX_NODES} values`);
    const below = (key: string, name: string): Origin => ({
      ...origin,
      ...places.get(JSON.stringify([...path, key])),
      name,
    });
    if (Array.isArray(value)) {
      const items = value.map((item, at) => walk(item, [...path, String(at)], below(String(at), origin.name)));
      return { origin, value: null, fields: null, items };
    }
    if (typeof value === 'object' && !(value instanceof Date)) {
      const entries = Object.entries(value).map(
        ([key, inner]) => [key, walk(inner, [...path, key], below(key, key))] as const,
      );
      return { origin, value: null, fields: new Map(entries), items: null };
    }
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return { origin, value: plain ? value : String(value), fields: null, items: null };
  }
}

function parsed(source: string, file: string): TomlValue {
  try {
    return parse(source, { maxDepth: MAX_DEPTH });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw new ImportFailure(`${file}:${error.line}:${error.column}: ${reason}`);
  }
}

/** Of tables and keys that begin a line, by their path. Others have the place of what they are in. */
function placesIn(source: string): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  /** Of arrays of tables: the last index. */
  const last = new Map<string, number>();
  let table: readonly string[] = [];
  // What only its inner tables name is where the first of them is.
  const note = (path: readonly string[], text: string, line: number): void => {
    for (let length = path.length; length > 0; length -= 1) {
      const id = JSON.stringify(path.slice(0, length));
      if (places.has(id)) return;
      places.set(id, { line, column: text.length - text.trimStart().length + 1 });
    }
  };
  for (const [at, text] of source.split(/\r?\n/).entries()) {
    const [, bracket, header] = HEADER.exec(text) ?? [];
    const [, key] = header === undefined ? (KEY.exec(text) ?? []) : [];
    if (header !== undefined) {
      const path = current(namesOf(header), last, bracket === '[[');
      if (bracket === '[[') {
        note(path, text, at + 1);
        const index = (last.get(JSON.stringify(path)) ?? -1) + 1;
        last.set(JSON.stringify(path), index);
        table = [...path, String(index)];
      } else table = path;
      note(table, text, at + 1);
    } else if (key !== undefined) note([...table, ...namesOf(key)], text, at + 1);
  }
  return places;
}

/** A path through arrays of tables is about their last one. */
function current(names: readonly string[], last: ReadonlyMap<string, number>, isNew: boolean): readonly string[] {
  const path: string[] = [];
  for (const [at, name] of names.entries()) {
    path.push(name);
    const index = last.get(JSON.stringify(path));
    if (index !== undefined && !(isNew && at === names.length - 1)) path.push(String(index));
  }
  return path;
}

function namesOf(key: string): readonly string[] {
  return [...key.matchAll(/"([^"]*)"|'([^']*)'|([\w-]+)/g)].map(([, one, other, bare]) => one ?? other ?? bare!);
}
