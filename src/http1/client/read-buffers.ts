/**
 * Reads what backends send into reusable buffers.
 *
 * By default Node allocates 64 KiB for every read, which V8 has to collect, and passes them on through a stream (bench:
 * small GET 10 % more expensive; 64 KiB and 1 MiB answers twice and three times). Here all connections read into one
 * small buffer, and while reads fill it, into a larger one of their own. A chunk of that which is still being written
 * to a client is borrowed: the connection reads elsewhere meanwhile, and the buffer is free once it has been written.
 */

/** The first is shared. The last reads a lot with few system calls. */
const SIZES = [16_384, 65_536, 262_144] as const;
/** This much of each size is kept for reuse. */
const MAX_FREE_BYTES = 4 * 2 ** 20;
/** After this many reads that would have fitted a smaller buffer, a smaller one is used. */
const SMALL_READS = 8;

class ReadBuffer {
  readonly size: number;
  readonly bytes: Buffer;
  /** A connection reads into it. */
  isRead = true;
  /** Consecutive ones, of that connection. */
  smallReads = 0;
  /** Chunks of it that are not written yet. */
  loans = 0;

  constructor(size: number) {
    this.size = size;
    this.bytes = Buffer.allocUnsafeSlow(SIZES[size]!);
  }

  freeIfUnused(): void {
    const free = FREE[this.size]!;
    if (this.loans === 0 && !this.isRead && free.length * SIZES[this.size]! < MAX_FREE_BYTES) free.push(this);
  }
}

const FREE: readonly ReadBuffer[][] = SIZES.map(() => []);
/** A thousand idle connections would each have one; and the processor's cache has room for this one. */
const SHARED = new ReadBuffer(0);
/** The chunk being handed out. */
let current: ReadBuffer | null = null;

/** The buffers of one connection, one after the other: `onread` of net.connect and tls.connect. */
export class ReadBuffers {
  readonly onread: { buffer: () => Uint8Array; callback: (length: number) => boolean };
  #buffer = SHARED;
  #isReleased = false;

  /** @param onBytes gets a view, valid during the call. @returns false: pause until socket.resume(). */
  constructor(onBytes: (bytes: Buffer) => boolean) {
    this.onread = {
      buffer: () => this.#buffer.bytes,
      callback: (length) => this.#onRead(length, onBytes),
    };
  }

  /** The connection is over. */
  release(): void {
    this.#isReleased = true;
    // Not the one being handed out: it is returned afterwards.
    if (this.#buffer !== current) leave(this.#buffer);
  }

  #onRead(length: number, onBytes: (bytes: Buffer) => boolean): boolean {
    const buffer = this.#buffer;
    current = buffer;
    let readsOn: boolean;
    try {
      readsOn = onBytes(buffer.bytes.subarray(0, length));
    } finally {
      current = null;
    }
    const size = sizeAfter(buffer, length);
    if (this.#isReleased) {
      leave(buffer);
    } else if (buffer.loans > 0 || size !== buffer.size) {
      this.#buffer = take(size);
      leave(buffer);
    }
    return readsOn;
  }
}

function leave(buffer: ReadBuffer): void {
  if (buffer === SHARED) return;
  buffer.isRead = false;
  buffer.freeIfUnused();
}

/**
 * For code that keeps a chunk: nothing is read into the chunk's buffer until the returned function is called, once or
 * more often. To be called while the chunk is handed out. Null: the chunk must be copied.
 */
export function borrow(): (() => void) | null {
  const buffer = current;
  if (buffer === null || buffer === SHARED) return null;
  buffer.loans += 1;
  let isReleased = false;
  return () => {
    if (isReleased) return;
    isReleased = true;
    buffer.loans -= 1;
    buffer.freeIfUnused();
  };
}

function take(size: number): ReadBuffer {
  if (size === 0) return SHARED;
  const free = FREE[size]!.pop();
  if (free === undefined) return new ReadBuffer(size);
  free.isRead = true;
  free.smallReads = 0;
  return free;
}

/** The next larger one if it was filled; a smaller one if that had been enough, and is likely to be. */
function sizeAfter(buffer: ReadBuffer, length: number): number {
  const { size } = buffer;
  if (length === SIZES[size]) return Math.min(size + 1, SIZES.length - 1);
  if (size === 0) return 0;
  buffer.smallReads = length <= SIZES[size - 1]! ? buffer.smallReads + 1 : 0;
  // A loan: the client is slow, and the part it has not taken keeps the whole buffer.
  return buffer.smallReads >= SMALL_READS || (buffer.loans > 0 && buffer.smallReads > 0) ? size - 1 : size;
}
