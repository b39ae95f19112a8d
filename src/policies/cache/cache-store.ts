/** The stored answers of one route in one thread: bounded by bytes; the one used least recently makes room. */
import type { CacheEntry } from './cache-entry.ts';

/** Of one key: answers that Vary tells apart. */
const MAX_VARIANTS = 16;
const NO_ENTRIES: readonly CacheEntry[] = [];

export class CacheStore {
  readonly #maxBytes: number;
  readonly #onEvicted: () => void;
  /** By key, the newest first. */
  readonly #variants = new Map<string, CacheEntry[]>();
  /** The one used least recently first. */
  readonly #order = new Set<CacheEntry>();
  #bytes = 0;

  constructor(maxBytes: number, onEvicted: () => void) {
    this.#maxBytes = maxBytes;
    this.#onEvicted = onEvicted;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#order.size;
  }

  of(key: string): readonly CacheEntry[] {
    return this.#variants.get(key) ?? NO_ENTRIES;
  }

  /** It was used. */
  touch(entry: CacheEntry): void {
    if (this.#order.delete(entry)) this.#order.add(entry);
  }

  /** Replaces the variant that its request would have got. False: it is larger than everything. */
  put(entry: CacheEntry): boolean {
    const { key } = entry.place;
    const values = new Map(entry.head.vary);
    const replaced = this.of(key).filter((old) => old.head.vary.every(([name, value]) => values.get(name) === value));
    for (const old of replaced) this.remove(old);
    if (entry.bytes > this.#maxBytes) return false;
    const variants = this.#variants.get(key) ?? [];
    if (variants.length >= MAX_VARIANTS) this.#evict(variants.at(-1)!);
    variants.unshift(entry);
    this.#variants.set(key, variants);
    this.#order.add(entry);
    this.#bytes += entry.bytes;
    for (const oldest of this.#order) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#evict(oldest);
    }
    return true;
  }

  remove(entry: CacheEntry): void {
    if (!this.#order.delete(entry)) return;
    this.#bytes -= entry.bytes;
    const variants = this.#variants.get(entry.place.key)!;
    variants.splice(variants.indexOf(entry), 1);
    if (variants.length === 0) this.#variants.delete(entry.place.key);
  }

  /** @returns how many were removed */
  removeWhere(isMeant: (entry: CacheEntry) => boolean): number {
    const meant = [...this.#order].filter(isMeant);
    for (const entry of meant) this.remove(entry);
    return meant.length;
  }

  #evict(entry: CacheEntry): void {
    this.remove(entry);
    this.#onEvicted();
  }
}
