/**
 * Many series of numbers over the same moments, in typed arrays of a fixed size: a ring of `length` points, each with
 * `fields` numbers for every key. NaN means "not known". Nothing is allocated once a key is there.
 */
export class SeriesTable {
  readonly length: number;
  readonly #fields: number;
  readonly #times: Float64Array;
  readonly #rows = new Map<string, Float32Array>();
  #next = 0;
  #count = 0;

  /** @param length number of points kept, 1 and up; @param fields numbers in each, 1 and up */
  constructor(length: number, fields: number) {
    if (!(length >= 1)) throw new RangeError(`length: found ${length}, allowed is 1 and up`);
    if (!(fields >= 1)) throw new RangeError(`fields: found ${fields}, allowed is 1 and up`);
    this.length = length;
    this.#fields = fields;
    this.#times = new Float64Array(length);
  }

  /** Starts the next point: every number of it is NaN until it is set; the oldest point is dropped. */
  begin(at: number): void {
    this.#times[this.#next] = at;
    for (const row of this.#rows.values()) {
      row.fill(NaN, this.#next * this.#fields, (this.#next + 1) * this.#fields);
    }
    this.#next = (this.#next + 1) % this.length;
    this.#count = Math.min(this.length, this.#count + 1);
  }

  /** A number of the latest point. */
  set(key: string, field: number, value: number): void {
    const last = (this.#next + this.length - 1) % this.length;
    this.#row(key)[last * this.#fields + field] = value;
  }

  /** Forgets every key but these. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#rows.keys()) if (!keys.has(key)) this.#rows.delete(key);
  }

  /** Oldest first: each point's time and its numbers. Empty for an unknown key. */
  read(key: string): { at: number; figures: Float32Array }[] {
    const row = this.#rows.get(key);
    if (row === undefined) return [];
    const points: { at: number; figures: Float32Array }[] = [];
    for (let age = this.#count; age > 0; age -= 1) {
      const at = (this.#next + this.length - age) % this.length;
      points.push({ at: this.#times[at]!, figures: row.subarray(at * this.#fields, (at + 1) * this.#fields) });
    }
    return points;
  }

  #row(key: string): Float32Array {
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = new Float32Array(this.length * this.#fields).fill(NaN);
      this.#rows.set(key, row);
    }
    return row;
  }
}
