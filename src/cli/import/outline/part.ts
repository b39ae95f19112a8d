/** A mapping of our file under construction. Each key remembers what it was made from. */
import type { Origin } from './origin.ts';

export type PartValue = string | number | boolean | Part | readonly PartValue[];

export interface Entry {
  readonly value: PartValue;
  readonly origin: Origin | undefined;
  /** Shown beside it instead of an origin. */
  readonly remark: string | undefined;
}

export class Part {
  readonly #entries = new Map<string, Entry>();

  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A literal value: `${` in it is no variable. @param path keys, made as needed */
  set(path: readonly string[] | string, value: PartValue, origin?: Origin, remark?: string): this {
    const [key, ...rest] = typeof path === 'string' ? [path] : path;
    if (key === undefined) throw new RangeError('a path without keys');
    if (rest.length === 0) this.#entries.set(key, { value: literal(value), origin, remark });
    else this.part(key, origin).set(rest, value, origin, remark);
    return this;
  }

  /** The mapping at a key, made if missing. */
  part(key: string, origin?: Origin): Part {
    const found = this.#entries.get(key)?.value;
    if (found instanceof Part) return found;
    const made = new Part();
    this.#entries.set(key, { value: made, origin, remark: undefined });
    return made;
  }

  get(...path: readonly string[]): PartValue | undefined {
    const [key, ...rest] = path;
    const found = key === undefined ? undefined : this.#entries.get(key)?.value;
    if (rest.length === 0) return found;
    return found instanceof Part ? found.get(...rest) : undefined;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** With the same entries; nested mappings are copied, too. */
  copy(): Part {
    const made = new Part();
    for (const [key, entry] of this.#entries) {
      made.#entries.set(key, { ...entry, value: entry.value instanceof Part ? entry.value.copy() : entry.value });
    }
    return made;
  }

  /** Takes over what another has, where this one has nothing. */
  fill(other: Part): this {
    for (const [key, entry] of other.copy().#entries) if (!this.#entries.has(key)) this.#entries.set(key, entry);
    return this;
  }
}

/** The values without their origins. */
export function plain(value: PartValue): unknown {
  if (Array.isArray(value)) return value.map((each: PartValue) => plain(each));
  if (!(value instanceof Part)) return value;
  return Object.fromEntries([...value.entries].map(([key, entry]) => [key, plain(entry.value)]));
}

/** The origin of a path in it, or the nearest above. */
export function originAt(value: PartValue, path: readonly string[]): Origin | undefined {
  let origin: Origin | undefined;
  let at: PartValue | undefined = value;
  for (const key of path) {
    if (at instanceof Part) {
      const entry: Entry | undefined = at.entries.get(key);
      origin = entry?.origin ?? origin;
      at = entry?.value;
    } else if (Array.isArray(at)) {
      at = at[Number(key)] as PartValue | undefined;
      // A list of mappings: the first origin within stands for the item.
      if (at instanceof Part)
        origin = [...at.entries.values()].find((each) => each.origin !== undefined)?.origin ?? origin;
    } else break;
  }
  return origin;
}

function literal(value: PartValue): PartValue {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  return Array.isArray(value) ? value.map(literal) : value;
}
