/**
 * What clients asked of their limits in the last hour, second by second, whether admitted or refused: a ring of 3,600
 * counts for each of the 256 clients with the most requests, in 2 MiB (twice or three times that if costs differ).
 *
 * A client gets a place when one is free. Otherwise it is a candidate, and counted for a minute: then it takes the place
 * of the client with the lowest average, if it sent more than twice that. So a place is not passed on between clients
 * that send about the same, and those that have one are known for the whole hour. Half of the places are for registered
 * clients, half for others, as long as there are enough of both.
 */

/** What one traffic thread saw in one second. */
export interface SecondDemand {
  /** Seconds of the shared clock. */
  readonly second: number;
  readonly keys: readonly string[];
  /** For each key: requests, and the tokens that they cost. */
  readonly requests: Uint32Array;
  readonly tokens: Uint32Array;
  /** Requests that were counted for nobody. */
  readonly missed: number;
}

/** What is known of one client; only seconds with requests are listed, ascending. */
export interface ClientDemand {
  readonly key: string;
  /** First second of the record, which ends with `to`. Before it, nothing is known. */
  readonly from: number;
  readonly to: number;
  readonly seconds: readonly number[];
  readonly requests: readonly number[];
  readonly tokens: readonly number[];
  /** Seconds with more requests than a count can hold. */
  readonly saturated: number;
}

export const HISTORY_SECONDS = 3600;
export const TRACKED_CLIENTS = 256;
/** The highest count of a second. */
export const MAX_SECOND = 0xffff;
const ROUND_SECONDS = 60;
const MAX_CANDIDATES = 1024;

interface Row {
  readonly key: string;
  from: number;
  /** The latest second with requests. */
  last: number;
  readonly requests: Uint16Array;
  /** Null: each request cost one token so far. */
  tokens: Uint32Array | null;
}

export class DemandHistory {
  readonly #isRegistered: (key: string) => boolean;
  readonly #rows = new Map<string, Row>();
  /** Clients without a place, and their requests in this round. */
  #candidates = new Map<string, number>();
  /** All requests, of anybody. */
  readonly #totals = new Float64Array(HISTORY_SECONDS);
  readonly #start: number;
  #latest: number;
  #roundEnds: number;
  /** The latest second in which somebody without a place sent a request, or somebody lost theirs. */
  #lastOutside = -Infinity;

  /** @param second of the start: it is known that there were no requests before. */
  constructor(second: number, isRegistered: (key: string) => boolean) {
    this.#start = second;
    this.#latest = second;
    this.#roundEnds = second + ROUND_SECONDS;
    this.#isRegistered = isRegistered;
  }

  /** Late ones are added where they belong; those older than the history are dropped. */
  add({ second, keys, requests, tokens, missed }: SecondDemand): void {
    this.#advance(second);
    if (second <= this.#latest - HISTORY_SECONDS) return;
    const at = second % HISTORY_SECONDS;
    this.#totals[at]! += missed;
    for (const [index, key] of keys.entries()) {
      const count = requests[index]!;
      this.#totals[at]! += count;
      const row = this.#rows.get(key) ?? this.#place(key, second);
      if (row === undefined) this.#addCandidate(key, count, second);
      else addTo(row, at, second, count, tokens[index]!);
    }
  }

  /** Undefined: it has no place. Without requests, one that needs no place has an empty record. */
  read(key: string, nowSecond: number): ClientDemand | undefined {
    this.#advance(nowSecond);
    const row = this.#rows.get(key);
    if (row !== undefined) return this.#demandOf(row);
    if (this.#lastOutside >= this.#oldest) return undefined;
    const record = { from: this.#oldest, to: this.#latest, seconds: [], requests: [], tokens: [], saturated: 0 };
    return { key, ...record };
  }

  /** Everybody with a place. */
  all(nowSecond: number): ClientDemand[] {
    this.#advance(nowSecond);
    return [...this.#rows.values()].map((row) => this.#demandOf(row));
  }

  /** Requests of all clients in the hour, with a place or without. */
  total(nowSecond: number): number {
    this.#advance(nowSecond);
    return sum(this.#totals);
  }

  get #oldest(): number {
    return Math.max(this.#start, this.#latest - HISTORY_SECONDS + 1);
  }

  #demandOf({ key, from, requests, tokens }: Row): ClientDemand {
    const first = Math.max(from, this.#oldest);
    const known = { seconds: [] as number[], requests: [] as number[], tokens: [] as number[], saturated: 0 };
    for (let second = first; second <= this.#latest; second += 1) {
      const at = second % HISTORY_SECONDS;
      const count = requests[at]!;
      if (count === 0) continue;
      known.seconds.push(second);
      known.requests.push(count);
      known.tokens.push(tokens?.[at] ?? count);
      if (count === MAX_SECOND) known.saturated += 1;
    }
    return { key, from: first, to: this.#latest, ...known };
  }

  #advance(second: number): void {
    if (second <= this.#latest) return;
    const first = Math.max(this.#latest + 1, second - HISTORY_SECONDS + 1);
    for (let next = first; next <= second; next += 1) {
      const at = next % HISTORY_SECONDS;
      this.#totals[at] = 0;
      for (const row of this.#rows.values()) {
        row.requests[at] = 0;
        if (row.tokens !== null) row.tokens[at] = 0;
      }
    }
    this.#latest = second;
    if (second < this.#roundEnds) return;
    this.#roundEnds = second + ROUND_SECONDS;
    this.#redistribute();
  }

  #addCandidate(key: string, count: number, second: number): void {
    this.#lastOutside = Math.max(this.#lastOutside, second);
    const known = this.#candidates.get(key);
    if (known !== undefined || this.#candidates.size < MAX_CANDIDATES) this.#candidates.set(key, (known ?? 0) + count);
  }

  /** Undefined: no place is free. */
  #place(key: string, second: number): Row | undefined {
    if (this.#rows.size >= TRACKED_CLIENTS) return undefined;
    // If everybody had a place for an hour, this one did not send anything before.
    const from = this.#lastOutside < this.#oldest ? this.#start : second;
    const row: Row = { key, from, last: second, requests: new Uint16Array(HISTORY_SECONDS), tokens: null };
    this.#rows.set(key, row);
    return row;
  }

  /** Once in a round: places that nobody needs any more become free, and candidates that sent most get one. */
  #redistribute(): void {
    for (const { key, last } of this.#rows.values()) if (last < this.#oldest) this.#rows.delete(key);
    const candidates = [...this.#candidates].toSorted((one, other) => other[1] - one[1]);
    this.#candidates = new Map();
    if (candidates.length === 0) return;
    const registered = new Places();
    const others = new Places();
    for (const row of this.#rows.values()) {
      const minutes = Math.max(1, (this.#latest - Math.max(row.from, this.#oldest)) / ROUND_SECONDS);
      (this.#isRegistered(row.key) ? registered : others).add(row.key, sum(row.requests) / minutes);
    }
    for (const [key, count] of candidates) {
      const [own, opposite] = this.#isRegistered(key) ? [registered, others] : [others, registered];
      if (this.#rows.size >= TRACKED_CLIENTS) {
        const loser = own.count < TRACKED_CLIENTS / 2 ? opposite.takeLowest(Infinity) : own.takeLowest(count / 2);
        if (loser === undefined) continue;
        this.#rows.delete(loser);
        this.#lastOutside = this.#latest;
      }
      own.count += 1;
      this.#place(key, this.#latest);
    }
  }
}

/** The clients of one kind that have a place; those that are given one do not lose it in the same round. */
class Places {
  count = 0;
  #lowestFirst: (readonly [key: string, average: number])[] | null = null;
  readonly #known: (readonly [key: string, average: number])[] = [];

  add(key: string, average: number): void {
    this.#known.push([key, average]);
    this.count += 1;
  }

  /** Undefined: none is below this. */
  takeLowest(below: number): string | undefined {
    this.#lowestFirst ??= this.#known.toSorted((one, other) => other[1] - one[1]);
    const lowest = this.#lowestFirst.at(-1);
    if (lowest === undefined || lowest[1] >= below) return undefined;
    this.#lowestFirst.pop();
    this.count -= 1;
    return lowest[0];
  }
}

function addTo(row: Row, at: number, second: number, requests: number, tokens: number): void {
  if (tokens !== requests && row.tokens === null) row.tokens = Uint32Array.from(row.requests);
  row.requests[at] = Math.min(MAX_SECOND, row.requests[at]! + requests);
  if (row.tokens !== null) row.tokens[at]! += tokens;
  row.last = Math.max(row.last, second);
}

function sum(numbers: Uint16Array | Float64Array): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
