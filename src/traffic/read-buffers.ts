/**
 * Reads what backends send into buffers that are used again, and hands it straight to undici's parser.
 *
 * By itself Node allocates 64 KiB for every read, which V8 has to collect, and passes them on through a stream (bench:
 * small GET 10 % dearer; 64 KiB and 1 MiB answers twice and three times as dear). Here every connection has a buffer:
 * a small one, larger ones while reads fill it. A chunk that is still being written to a client is borrowed: the
 * connection reads elsewhere meanwhile, and the buffer is free when it has been written.
 */
import type { Socket } from 'node:net';
import { parserOf } from './undici-parser.ts';

/** The first: of connections with little to read. The last: few system calls for much. */
const SIZES = [16_384, 65_536, 262_144] as const;
/** Of each size, as much is kept to be used again. */
const MOST_FREE_BYTES = 4 * 2 ** 20;
/** A chunk below this is copied: it would keep a whole buffer from being used again. */
const LEAST_BORROWED_BYTES = 4096;

/** `onread` of net.connect: who is asked for a buffer, and told what was read into it. */
export const READ_INTO_BUFFERS = { buffer: nextBuffer, callback: onRead };

type ReadBytes = Buffer & { readonly owner: ReadBuffer };

class ReadBuffer {
  readonly size: number;
  readonly bytes: ReadBytes;
  /** Of chunks that are not written yet. */
  loans = 0;
  /** A connection reads into it. */
  isRead = true;

  constructor(size: number) {
    this.size = size;
    this.bytes = Object.assign(Buffer.allocUnsafeSlow(SIZES[size]!), { owner: this });
  }

  readonly giveBack = (): void => {
    this.loans -= 1;
    this.freeIfUnused();
  };

  freeIfUnused(): void {
    const free = FREE[this.size]!;
    if (this.loans === 0 && !this.isRead && free.length * SIZES[this.size]! < MOST_FREE_BYTES) free.push(this);
  }
}

const FREE: readonly ReadBuffer[][] = SIZES.map(() => []);
/** What undici is parsing. */
let current: ReadBuffer | null = null;
/** For the connection that has just read; null: a new one asks. */
let next: ReadBuffer | null = null;

/** What to write, and whom to tell when it has been written. */
export interface Loan {
  readonly bytes: Buffer;
  readonly onWritten: (() => void) | undefined;
}

/** To be asked for each chunk, while undici hands it out, by who keeps it longer than that. */
export function borrow(chunk: Buffer): Loan {
  if (current === null) return { bytes: chunk, onWritten: undefined };
  if (chunk.length < LEAST_BORROWED_BYTES) return { bytes: Buffer.from(chunk), onWritten: undefined };
  current.loans += 1;
  return { bytes: chunk, onWritten: current.giveBack };
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
  const size = sizeAfter(owner.size, length);
  next = owner;
  if (!isFree || owner.loans > 0 || size !== owner.size) {
    next = take(size);
    // What undici keeps is left to the garbage collector.
    if (isFree) {
      owner.isRead = false;
      owner.freeIfUnused();
    }
  }
  return parser?.paused !== true;
}

/** The next larger one when it was filled, else one that had been large enough. */
function sizeAfter(size: number, length: number): number {
  if (length === SIZES[size]) return Math.min(size + 1, SIZES.length - 1);
  let enough = 0;
  while (length > SIZES[enough]!) enough += 1;
  return enough;
}
