/**
 * How many client connections there are, over all threads: in total, and from each address. In shared memory, because
 * SO_REUSEPORT spreads one caller's connections over all threads.
 *
 * Addresses have no slots of their own. Each is counted in four cells, chosen by four pieces of its keyed hash, and its
 * number is the smallest of the four (a count-min sketch: Cormode and Muthukrishnan, 2005). Never too low; too high
 * only if other addresses share all four cells: with 10,000 addresses connected, one in 2,000 is. Without the key,
 * nobody can aim at another's cells.
 */
const ROWS = 4;
const SLOTS = 65_536;
/** Per thread: the total, then the rows of cells. Untouched pages cost no memory. */
const THREAD_CELLS = 1 + ROWS * SLOTS;

export interface ConnectionTableBuffers {
  readonly threads: number;
  readonly cells: SharedArrayBuffer;
}

/** 64-bit hash of an address: unsigned 32-bit halves. */
export interface AddressHash {
  readonly lo: number;
  readonly hi: number;
}

export function allocateConnectionTable(threads: number): ConnectionTableBuffers {
  return { threads, cells: new SharedArrayBuffer(4 * threads * THREAD_CELLS) };
}

export class ConnectionTable {
  readonly #threads: number;
  readonly #cells: Int32Array;

  constructor(buffers: ConnectionTableBuffers) {
    this.#threads = buffers.threads;
    this.#cells = new Int32Array(buffers.cells);
  }

  /**
   * False: there are already `max`, and nothing was counted. Counts first and compares afterwards: two threads at the
   * limit may both be refused, but never both admitted.
   *
   * @param max 0: no limit.
   */
  open(thread: number, most: number): boolean {
    Atomics.add(this.#cells, thread * THREAD_CELLS, 1);
    if (most === 0 || this.total() <= most) return true;
    this.close(thread);
    return false;
  }

  close(thread: number): void {
    Atomics.sub(this.#cells, thread * THREAD_CELLS, 1);
  }

  /** The same for one address. */
  openFrom(thread: number, address: AddressHash, most: number): boolean {
    this.#addFrom(thread, address, 1);
    if (this.from(address) <= most) return true;
    this.closeFrom(thread, address);
    return false;
  }

  closeFrom(thread: number, address: AddressHash): void {
    this.#addFrom(thread, address, -1);
  }

  total(): number {
    return this.#sum(0);
  }

  from(address: AddressHash): number {
    let min = Infinity;
    for (let row = 0; row < ROWS; row += 1) min = Math.min(min, this.#sum(cellOf(address, row)));
    return min;
  }

  /** A dead thread has no connections any more. */
  releaseThread(thread: number): void {
    this.#cells.fill(0, thread * THREAD_CELLS, (thread + 1) * THREAD_CELLS);
  }

  #addFrom(thread: number, address: AddressHash, count: number): void {
    for (let row = 0; row < ROWS; row += 1) {
      Atomics.add(this.#cells, thread * THREAD_CELLS + cellOf(address, row), count);
    }
  }

  #sum(cell: number): number {
    let sum = 0;
    for (let thread = 0; thread < this.#threads; thread += 1) {
      sum += Atomics.load(this.#cells, thread * THREAD_CELLS + cell);
    }
    return sum;
  }
}

/** Sixteen bits of the hash for each row. */
function cellOf({ lo, hi }: AddressHash, row: number): number {
  const word = row < 2 ? lo : hi;
  return 1 + row * SLOTS + ((row & 1) === 0 ? word & 0xffff : word >>> 16);
}
