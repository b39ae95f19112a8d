/**
 * All client connections of a thread are read into one buffer, one after the other. Node would allocate 64 KiB for
 * every read and hand them on through a stream: a tenth of a small GET (bench).
 *
 * Sockets that a server accepts cannot be given the option `onread` of net.connect, so it is set where Node keeps it.
 * If that is not where it is expected, they are read as streams; test/wire/internals.test.ts notices.
 */
import type { Socket } from 'node:net';

const BUFFER = Buffer.allocUnsafeSlow(65_536);

/** What net.Socket has of it. */
interface Reading {
  readonly _handle?: { useUserBuffer?(buffer: Uint8Array): void } | null;
  [symbol: symbol]: unknown;
}

interface Symbols {
  readonly buffer: symbol;
  /** @returns false: pause */
  readonly callback: symbol;
}

/** Undefined: not looked for yet. */
let symbols: Symbols | null | undefined;

/** @param onBytes gets what arrives, as a view that is valid during the call; not called before this returns. */
export function readShared(socket: Socket, onBytes: (bytes: Buffer) => void): void {
  const reading = socket as unknown as Reading;
  const handle = reading._handle;
  if (symbols === undefined) symbols = symbolsOf(reading);
  if (symbols === null || typeof handle?.useUserBuffer !== 'function') {
    socket.on('data', onBytes);
    return;
  }
  // Read before: behind a PROXY protocol header.
  const first = socket.read() as Buffer | null;
  if (first !== null) process.nextTick(onBytes, first);
  handle.useUserBuffer(BUFFER);
  reading[symbols.buffer] = BUFFER;
  reading[symbols.callback] = (length: number) => onBytes(BUFFER.subarray(0, length));
  socket.resume();
}

/** From now on it is read as a stream. */
export function leaveShared(socket: Socket): void {
  if (symbols) (socket as unknown as Reading)[symbols.callback] = push;
  // While it is paused, too, as any stream: otherwise nothing would notice that the client leaves.
  socket.read(0);
}

function push(this: Socket, length: number): boolean {
  return this.push(Buffer.from(BUFFER.subarray(0, length)));
}

function symbolsOf(socket: Reading): Symbols | null {
  const all = Object.getOwnPropertySymbols(socket);
  const named = (name: string): symbol | undefined => all.find(({ description }) => description === name);
  const [buffer, callback] = [named('kBuffer'), named('kBufferCb')];
  return buffer === undefined || callback === undefined ? null : { buffer, callback };
}
