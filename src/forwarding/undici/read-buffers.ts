/**
 * Reads what backends send into buffers that are used again, and hands it straight to undici's parser.
 *
 * By itself Node allocates 64 KiB for every read, which V8 has to collect, and passes them on through a stream (bench:
 * small GET 10 % dearer; 64 KiB and 1 MiB answers twice and three times as dear). Here every connection has a buffer:
 * a small one, larger ones while reads fill it. A chunk that is still being written to a client is borrowed: the
 * connection reads elsewhere meanwhile, and the buffer is free when it has been written.
 *
 * Needed with undici 7 on Node 24 and 26. test/wire/internals.test.ts notices when this way is no longer taken.
 */
import type { Socket } from 'node:net';
import { parserOf } from './undici-parser.ts';

/** The first: of connections with little to read. The last: few system calls for much. */
const SIZES = [16_384, 65_536, 262_144] as const;
/** Of each size, as much is kept to be used again. */
const MAX_FREE_BYTES = 4 * 2 ** 20;
/** After so many reads that a smaller one would have held, a smaller one will do. */
const SMALL_READS = 8;

/** `onread` of net.connect: who is asked for a buffer, and told what was read into it. */
export const READ_INTO_BUFFERS = { buffer: nextBuffer, callback: onRead };

type ReadBytes = Buffer & { readonly owner: ReadBuffer };

class ReadBuffer {
  readonly size: number;
  readonly bytes: ReadBytes;
  /** A connection reads into it. */
  isRead = true;
  /** In a row, of that connection. */
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

/** For who keeps a chunk longer than undici hands it out: a copy, unless the bytes are its alone. */
export function ownedCopy(chunk: Buffer): Buffer {
  return current === null ? chunk : Buffer.from(chunk);
}

/**
 * The same without a copy: nothing is read into the chunk's buffer until the function that comes back is called, once
 * or more often. To be asked while undici hands out the chunk.
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

/** False: no more for now; undici reads on by itself. */
function onRead(this: Socket, length: number, into: Uint8Array): boolean {
  const { owner } = into as ReadBytes;
  const chunk = owner.bytes.subarray(0, length);
  const parser = parserOf(this);
  let isFree = true;
  if (parser === undefined || parser.ptr === null || parser.paused || this.readableLength > 0) {
    // The way that Node goes by itself: undici will read it from the stream.
    this.push(Buffer.from(chunk));
  } else {
    current = owner;
    try {
      parser.execute(chunk);
    } finally {
      current = null;
    }
    // undici keeps views of an incomplete head, and of what came behind a pause.
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

/** The next larger one when it was filled; a smaller one when that had been enough, and is likely to be. */
function sizeAfter(owner: ReadBuffer, length: number): number {
  const { size } = owner;
  if (length === SIZES[size]) return Math.min(size + 1, SIZES.length - 1);
  if (size === 0) return 0;
  owner.smallReads = length <= SIZES[size - 1]! ? owner.smallReads + 1 : 0;
  // A loan: the client is slow, and what it has not taken keeps all of the buffer.
  return owner.smallReads >= SMALL_READS || (owner.loans > 0 && owner.smallReads > 0) ? size - 1 : size;
}
