/**
 * Lines waiting to be written, as UTF-8 in a ring of fixed size. Nothing in it is ever moved, so a reader may use what
 * `next` returns until `take` releases it.
 */
const NEWLINE = 0x0a;
/** UTF-8 needs no more for one UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;

export class LineRing {
  readonly bytes: Buffer;
  /** Start of the oldest line. */
  #start = 0;
  /** End of the newest line. */
  #end = 0;
  /** End of the last line before the ring wrapped around; −1: the lines are contiguous. */
  #wrap = -1;

  /** @param capacity bytes, from 1 */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`capacity must be a whole number from 1, not ${capacity}`);
    }
    // allocUnsafeSlow: not from the pool that others share. Untouched pages cost no memory.
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** Waiting bytes. */
  get size(): number {
    return this.#wrap === -1 ? this.#end - this.#start : this.#wrap - this.#start + this.#end;
  }

  /** @param line ends with a newline @returns false: there is no room, and nothing of it was kept */
  add(line: string): boolean {
    if (this.#wrap !== -1) return this.#put(line, this.#start);
    if (this.#put(line, this.bytes.length)) return true;
    const end = this.#end;
    this.#end = 0;
    if (this.#put(line, this.#start)) {
      this.#wrap = end;
      return true;
    }
    this.#end = end;
    return false;
  }

  /** Offset of `nextLength` in `bytes`. */
  get nextAt(): number {
    return this.#start;
  }

  /** Length of the oldest whole lines that fit in `max` bytes together; of the first one alone if it is longer. */
  nextLength(max: number): number {
    const available = (this.#wrap === -1 ? this.#end : this.#wrap) - this.#start;
    if (available <= max) return available;
    const last = this.bytes.lastIndexOf(NEWLINE, this.#start + max - 1);
    if (last >= this.#start) return last + 1 - this.#start;
    return this.bytes.indexOf(NEWLINE, this.#start) + 1 - this.#start;
  }

  /** The oldest `length` bytes are written; at most what `nextLength` returned. */
  take(length: number): void {
    this.#start += length;
    if (this.#start === this.#wrap) {
      this.#start = 0;
      this.#wrap = -1;
    }
    if (this.#start === this.#end && this.#wrap === -1) {
      this.#start = 0;
      this.#end = 0;
    }
  }

  #put(line: string, limit: number): boolean {
    const room = limit - this.#end;
    if (line.length * MAX_BYTES_PER_UNIT > room && Buffer.byteLength(line) > room) return false;
    this.#end += this.bytes.write(line, this.#end);
    return true;
  }
}
