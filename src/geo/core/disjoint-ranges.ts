/**
 * Nested blocks of addresses as disjoint ranges: the smallest block that contains an address decides. A range ends where
 * the next one starts, so that a table is two arrays in the order of the addresses, and a look-up is a binary search.
 */

/** Blocks of one family, in any order. */
export interface Blocks {
  /** 32-bit words of an address: 1 or 4. */
  readonly width: number;
  readonly count: number;
  /** `width` for each block, the first address of it. */
  readonly words: Uint32Array;
  /** Length of the prefix, bits. */
  readonly prefixes: Uint8Array;
  /** From 1. */
  readonly values: Uint16Array;
}

export interface Ranges {
  readonly count: number;
  /** `width` words for each range, ascending: its first address. */
  readonly starts: Uint32Array;
  /** 0: in no block. Those of neighbours differ. */
  readonly values: Uint16Array;
}

/** Two blocks that are the same, with different values; indexes into {@link Blocks}, the earlier first. */
export interface Contradiction {
  readonly one: number;
  readonly other: number;
}

export function disjointRanges(blocks: Blocks): Ranges | Contradiction {
  const { width, count, words, prefixes, values } = blocks;
  const order = sortedOrder(blocks);
  // A block adds at most two: where it starts, and where what is around it goes on.
  const found = new RangeList(width, 2 * count + 1);
  /** Blocks around the current one, the smallest last. */
  const open: number[] = [];
  const end = new Uint32Array(width);
  let before = -1;
  for (const block of order) {
    if (before !== -1 && isSame(blocks, before, block)) {
      if (values[before] !== values[block]) return { one: before, other: block };
      continue;
    }
    before = block;
    while (open.length > 0) {
      const hasEnd = addressAfter(words, prefixes, open.at(-1)!, width, end);
      if (!hasEnd || compare(end, 0, words, block * width, width) > 0) break;
      open.pop();
      found.add(end, 0, open.length === 0 ? 0 : values[open.at(-1)!]!);
    }
    found.add(words, block * width, values[block]!);
    open.push(block);
  }
  while (open.length > 0) {
    const hasEnd = addressAfter(words, prefixes, open.pop()!, width, end);
    if (hasEnd) found.add(end, 0, open.length === 0 ? 0 : values[open.at(-1)!]!);
  }
  return found.ranges();
}

/** Index of the last range that starts at or before the address; -1: all start later. */
export function findRange(starts: Uint32Array, count: number, width: number, address: readonly number[]): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(starts, middle * width, address, 0, width) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

class RangeList {
  readonly #width: number;
  readonly #starts: Uint32Array;
  readonly #values: Uint16Array;
  #count = 0;

  constructor(width: number, capacity: number) {
    this.#width = width;
    this.#starts = new Uint32Array(width * capacity);
    this.#values = new Uint16Array(capacity);
  }

  /** From this address on; it is not before that of the last call. */
  add(words: Uint32Array, at: number, value: number): void {
    const width = this.#width;
    // A smaller block that starts with the one around it, or one that starts where another ends.
    const isAgain = this.#count > 0 && compare(this.#starts, (this.#count - 1) * width, words, at, width) === 0;
    if (isAgain) this.#count -= 1;
    if ((this.#count === 0 ? 0 : this.#values[this.#count - 1]) === value) return;
    for (let word = 0; word < width; word += 1) this.#starts[this.#count * width + word] = words[at + word]!;
    this.#values[this.#count] = value;
    this.#count += 1;
  }

  ranges(): Ranges {
    const count = this.#count;
    return {
      count,
      starts: this.#starts.subarray(0, count * this.#width),
      values: this.#values.subarray(0, count),
    };
  }
}

/** By first address, the larger block first, then as given. */
function sortedOrder(blocks: Blocks): Uint32Array {
  const { width, count, words, prefixes } = blocks;
  const order = Uint32Array.from({ length: count }, (_, at) => at);
  const byPlace = (one: number, other: number): number =>
    compare(words, one * width, words, other * width, width) || prefixes[one]! - prefixes[other]! || one - other;
  // Most tables are sorted already.
  for (let at = 1; at < count; at += 1) if (byPlace(at - 1, at) > 0) return order.sort(byPlace);
  return order;
}

function isSame({ width, words, prefixes }: Blocks, one: number, other: number): boolean {
  return prefixes[one] === prefixes[other] && compare(words, one * width, words, other * width, width) === 0;
}

/** Writes the first address after the block. False: there is none. */
function addressAfter(
  words: Uint32Array,
  prefixes: Uint8Array,
  block: number,
  width: number,
  after: Uint32Array,
): boolean {
  const prefix = prefixes[block]!;
  for (let word = 0; word < width; word += 1) after[word] = words[block * width + word]!;
  if (prefix === 0) return false;
  // Adds one at the last bit of the prefix.
  let word = (prefix - 1) >> 5;
  let step = 2 ** (31 - ((prefix - 1) & 31));
  for (; word >= 0; word -= 1, step = 1) {
    const sum = after[word]! + step;
    after[word] = sum;
    if (sum < 2 ** 32) return true;
  }
  return false;
}

interface Words {
  readonly [at: number]: number;
}

function compare(one: Words, at: number, other: Words, otherAt: number, width: number): number {
  for (let word = 0; word < width; word += 1) {
    const difference = one[at + word]! - other[otherAt + word]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
