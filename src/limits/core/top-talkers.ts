/**
 * The clients that send most and are refused most in the last minute, in bounded memory: the Space-Saving sketch of A.
 * Metwally, D. Agrawal, A. El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams" (2005),
 * made set-associative like a cache: a key's hash selects one of SETS sets, each a separate sketch of WAYS counters.
 *
 * In a full set, a new key replaces the one with the lowest count and inherits that count: so a count is never too low,
 * and too high by at most `error`; any key with more than 1/WAYS of its set's requests is always there. Four compares
 * instead of a heap or a list of lists: some ten nanoseconds, nothing allocated.
 *
 * The minute slides: it consists of slices, each a sketch, the oldest weighted by the share of it that still counts.
 */
import type { TalkerOrder } from './limits-vocabulary.ts';

const SETS = 256;
const WAYS = 4;
const ENTRIES = SETS * WAYS;
const SLICE_MS = 10_000;
/** The minute, and the slice that is being filled. */
const SLICES = 7;

/** How far back the counts go, seconds. */
export const TALKERS_SECONDS = ((SLICES - 1) * SLICE_MS) / 1000;

export interface Talker {
  readonly key: string;
  /** Never too low; too high by at most `error`. */
  readonly requests: number;
  /** Since the key entered the sketch: may be too low if `error` is above 0. */
  readonly refused: number;
  readonly error: number;
}

interface Slice {
  /** Number of the slice since time 0; −1: empty. */
  number: number;
  readonly hashes: Int32Array;
  readonly requests: Uint32Array;
  readonly refused: Uint32Array;
  readonly errors: Uint32Array;
  readonly keys: string[];
}

export class TopTalkers {
  readonly #slices = Array.from({ length: SLICES }, newSlice);
  #slice = this.#slices[0]!;
  #endsMs = 0;

  /** @param lo, hi the key's hash, well mixed. @param key kept as long as it is counted. */
  add(key: string, lo: number, hi: number, isRefused: boolean, nowMs: number): void {
    if (nowMs >= this.#endsMs) this.#turn(nowMs);
    const { hashes, requests, refused } = this.#slice;
    const hash = lo | 0;
    const first = (hi & (SETS - 1)) * WAYS;
    let min = first;
    for (let at = first; at < first + WAYS; at += 1) {
      if (hashes[at] === hash && requests[at]! > 0) {
        requests[at]! += 1;
        if (isRefused) refused[at]! += 1;
        return;
      }
      if (requests[at]! < requests[min]!) min = at;
    }
    this.#slice.errors[min] = requests[min]!;
    requests[min]! += 1;
    refused[min] = isRefused ? 1 : 0;
    hashes[min] = hash;
    this.#slice.keys[min] = key;
  }

  /** All known keys, in no order. */
  list(nowMs: number): Talker[] {
    const current = Math.floor(nowMs / SLICE_MS);
    const share = nowMs / SLICE_MS - current;
    const sums = new Map<string, { key: string; requests: number; refused: number; error: number }>();
    for (const slice of this.#slices) {
      const age = current - slice.number;
      if (slice.number === -1 || age >= SLICES) continue;
      const weight = age === SLICES - 1 ? 1 - share : 1;
      for (let at = 0; at < ENTRIES; at += 1) {
        if (slice.requests[at] === 0) continue;
        const key = slice.keys[at]!;
        const sum = sums.get(key) ?? { key, requests: 0, refused: 0, error: 0 };
        sum.requests += slice.requests[at]! * weight;
        sum.refused += slice.refused[at]! * weight;
        sum.error += slice.errors[at]! * weight;
        sums.set(key, sum);
      }
    }
    return [...sums.values()];
  }

  /** The slice of a later time, in place of one that is too old to count. A clock that goes back stays in its slice. */
  #turn(nowMs: number): void {
    const number = Math.floor(nowMs / SLICE_MS);
    const slice = this.#slices[number % SLICES]!;
    slice.number = number;
    slice.requests.fill(0);
    slice.keys.fill('');
    this.#slice = slice;
    this.#endsMs = (number + 1) * SLICE_MS;
  }
}

/** The top talkers of several sketches combined, highest first. */
export function topTalkers(lists: readonly (readonly Talker[])[], by: TalkerOrder, count: number): Talker[] {
  const sums = new Map<string, Talker>();
  for (const talker of lists.flat()) {
    const known = sums.get(talker.key);
    sums.set(talker.key, known === undefined ? talker : add(known, talker));
  }
  return [...sums.values()]
    .filter((talker) => talker[by] >= 0.5)
    .toSorted((one, other) => other[by] - one[by] || (one.key < other.key ? -1 : 1))
    .slice(0, count);
}

function add(one: Talker, other: Talker): Talker {
  return {
    key: one.key,
    requests: one.requests + other.requests,
    refused: one.refused + other.refused,
    error: one.error + other.error,
  };
}

function newSlice(): Slice {
  return {
    number: -1,
    hashes: new Int32Array(ENTRIES),
    requests: new Uint32Array(ENTRIES),
    refused: new Uint32Array(ENTRIES),
    errors: new Uint32Array(ENTRIES),
    keys: Array<string>(ENTRIES).fill(''),
  };
}
