/**
 * Reads what backends send into reusable buffers, and hands it straight to undici's parser.
 *
 * By default Node allocates 64 KiB for every read, which V8 has to collect, and passes them on through a stream (bench:
 * small GET 10 % more expensive; 64 KiB and 1 MiB answers twice and three times). Here every connection has a buffer: a
 * small one, larger ones while reads fill it. A chunk that is still being written to a client is borrowed: the
 * connection reads elsewhere meanwhile, and the buffer is free once it has been written.
 *
 * Needed with undici 7 on Node 24 and 26. test/wire/internals.test.ts notices when this is no longer used.
 */
import type { Socket } from 'node:net';
import { parserOf } from './undici-parser.ts';

/** The first is for connections with little to read. The last reads a lot with few system calls. */
const SIZES = [16_384, 65_536, 262_144] as const;
/** This much of each size is kept for reuse. */
const MAX_FREE_BYTES = 4 * 2 ** 20;
/** After this many reads that would have fitted a smaller buffer, a smaller one is used. */
const SMALL_READS = 8;

/** `onread` of net.connect: provides a buffer, and is called with what was read into it. */
export const READ_INTO_BUFFERS = { buffer: nextBuffer, callback: onRead };

type ReadBytes = Buffer & { readonly owner: ReadBuffer };

class ReadBuffer {
  readonly size: number;
  readonly bytes: ReadBytes;
  /** A connection reads into it. */
  isRead = true;
  /** Consecutive ones, of that connection. */
  smallReads = 0;
  /** Chunks of it that are not written yet. */
  loans = 0;

  constructor(size: number) {
    this.size = size;
    this.bytes = Object.assign(Buffer.allocUnsafeSlow(SIZES[size]!), { owner: this });
  }

  freeIfUnused(): void {
    const free = FREE[this.size]!;
    if (this.loans === 0 && !this.isRead && free.length * SIZES[this.size]! < MAX_FREE_BYTES) free.push(this);
  }
}

const FREE: readonly ReadBuffer[][] = SIZES.map(() => []);
/** What undici is parsing. */
let current: ReadBuffer | null = null;
/** For the connection that has just read; null: a new one asks. */
let next: ReadBuffer | null = null;

/** For code that keeps a chunk longer than undici's callback lasts: a copy, unless the bytes belong to it alone. */
export function ownedCopy(chunk: Buffer): Buffer {
  return current === null ? chunk : Buffer.from(chunk);
}

/**
 * The same without a copy: nothing is read into the chunk's buffer until the returned function is called, once or more
 * often. To be called while undici hands out the chunk.
 */
export function borrow(): () => void {
  const buffer = current;
  if (buffer === null) return () => {};
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
  const free = FREE[size]!.pop();
  if (free === undefined) return new ReadBuffer(size);
  free.isRead = true;
  return free;
}

function nextBuffer(): Buffer {
  const buffer = next ?? take(0);
  next = null;
  return buffer.bytes;
}

/** False: pause; undici resumes by itself. */
function onRead(this: Socket, length: number, into: Uint8Array): boolean {
  const { owner } = into as ReadBytes;
  const chunk = owner.bytes.subarray(0, length);
  const parser = parserOf(this);
  let isFree = true;
  if (parser === undefined || parser.ptr === null || parser.paused || this.readableLength > 0) {
    // Node's default way: undici will read it from the stream.
    this.push(Buffer.from(chunk));
  } else {
    current = owner;
    try {
      parser.execute(chunk);
    } finally {
      current = null;
    }
    // undici keeps views of an incomplete head, and of what followed a pause.
    isFree = parser.headers.length === 0 && this.readableLength === 0;
  }
  const size = sizeAfter(owner, length);
  next = owner;
  if (!isFree || owner.loans > 0 || size !== owner.size) {
    next = take(size);
    next.smallReads = 0;
    // What undici keeps is left to the garbage collector.
    if (isFree) {
      owner.isRead = false;
      owner.freeIfUnused();
    }
  }
  return parser?.paused !== true;
}

/** The next larger one if it was filled; a smaller one if that had been enough, and is likely to be. */
function sizeAfter(owner: ReadBuffer, length: number): number {
  const { size } = owner;
  if (length === SIZES[size]) return Math.min(size + 1, SIZES.length - 1);
  if (size === 0) return 0;
  owner.smallReads = length <= SIZES[size - 1]! ? owner.smallReads + 1 : 0;
  // A loan: the client is slow, and the part it has not taken keeps the whole buffer.
  return owner.smallReads >= SMALL_READS || (owner.loans > 0 && owner.smallReads > 0) ? size - 1 : size;
}
