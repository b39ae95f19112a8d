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
 *
 * On the way it counts what each client asks of its own limit, second by second: whatever the sketch holds is passed on
 * when the second is over. Such a count is never too high. It is too low by what a client asked for in a second in which
 * another one replaced it, which `missed` says for all clients together.
 */
import type { SecondDemand } from './demand-history.ts';
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
  /** Of this second. */
  readonly #asked = new Uint32Array(ENTRIES);
  readonly #tokens = new Uint32Array(ENTRIES);
  #missed = 0;
  #second = -1;
  #endsMs = 0;
  readonly #onSecond: ((demand: SecondDemand) => void) | undefined;

  /** @param onSecond called after every second in which a client asked something of its limit. */
  constructor(onSecond?: (demand: SecondDemand) => void) {
    this.#onSecond = onSecond;
  }

  /**
   * @param lo, hi the key's hash, well mixed.
   * @param key kept as long as it is counted.
   * @param cost tokens asked of the client's own limit, refused or not; 0: it does not apply to the request.
   */
  add(key: string, lo: number, hi: number, isRefused: boolean, nowMs: number, cost = 0): void {
    this.endSecond(nowMs);
    const { hashes, requests, refused } = this.#slice;
    const hash = lo | 0;
    const first = (hi & (SETS - 1)) * WAYS;
    let min = first;
    for (let at = first; at < first + WAYS; at += 1) {
      if (hashes[at] === hash && requests[at]! > 0) {
        requests[at]! += 1;
        if (isRefused) refused[at]! += 1;
        if (cost > 0) this.#ask(at, cost);
        return;
      }
      if (requests[at]! < requests[min]!) min = at;
    }
    this.#missed += this.#asked[min]!;
    this.#asked[min] = 0;
    this.#tokens[min] = 0;
    this.#slice.errors[min] = requests[min]!;
    requests[min]! += 1;
    refused[min] = isRefused ? 1 : 0;
    hashes[min] = hash;
    this.#slice.keys[min] = key;
    if (cost > 0) this.#ask(min, cost);
  }

  /** Passes on what was asked for in a second that is over; to be called now and then while nothing is added. */
  endSecond(nowMs: number): void {
    if (nowMs >= this.#endsMs) this.#turn(nowMs);
  }

  #ask(at: number, cost: number): void {
    this.#asked[at]! += 1;
    this.#tokens[at]! += cost;
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

  /** A later second. A clock that goes back stays in its own. */
  #turn(nowMs: number): void {
    this.#report();
    this.#second = Math.floor(nowMs / 1000);
    this.#endsMs = (this.#second + 1) * 1000;
    const number = Math.floor(nowMs / SLICE_MS);
    if (number !== this.#slice.number) this.#turnSlice(number);
  }

  #report(): void {
    if (this.#second === -1) return;
    const entries: number[] = [];
    for (let at = 0; at < ENTRIES; at += 1) if (this.#asked[at]! > 0) entries.push(at);
    const missed = this.#missed;
    if (entries.length === 0 && missed === 0) return;
    this.#onSecond?.({
      second: this.#second,
      keys: entries.map((at) => this.#slice.keys[at]!),
      requests: Uint32Array.from(entries, (at) => this.#asked[at]!),
      tokens: Uint32Array.from(entries, (at) => this.#tokens[at]!),
      missed,
    });
    this.#asked.fill(0);
    this.#tokens.fill(0);
    this.#missed = 0;
  }

  /** A later slice, in place of one that is too old to count. */
  #turnSlice(number: number): void {
    const slice = this.#slices[number % SLICES]!;
    slice.number = number;
    slice.requests.fill(0);
    slice.keys.fill('');
    this.#slice = slice;
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
