/**
 * Reads all client connections of a thread into one buffer, and hands on a copy of what has arrived.
 *
 * By default Node allocates 64 KiB for every read, which V8 has to collect, and passes them on through a stream: a
 * seventh of a small GET (ADR 46). Connections to backends avoid both with the option `onread` of net.connect. An
 * accepted socket cannot be given that option, so it is set where Node keeps it. If it is not found there, the socket
 * is read as a stream; test/wire/internals.test.ts fails then.
 */
import type { Socket } from 'node:net';

/** As much as libuv reads at once. */
const BUFFER = Buffer.allocUnsafeSlow(65_536);

/** What net.Socket keeps of `onread`. */
interface Reading {
  readonly _handle?: { useUserBuffer?(buffer: Uint8Array): void } | null;
  [symbol: symbol]: unknown;
}

interface Symbols {
  readonly buffer: symbol;
  /** A method of the socket. It returns false to pause. */
  readonly callback: symbol;
}

/** Of all sockets; undefined: not looked for yet; null: not found. */
let symbols: Symbols | null | undefined;

export class SharedReads {
  readonly #onBytes: (this: Socket, bytes: Buffer) => void;
  readonly #onRead: (this: Socket, length: number) => void;

  /** @param onBytes the bytes are the callee's; the same function for all sockets, as thousands may be idle. */
  constructor(onBytes: (this: Socket, bytes: Buffer) => void) {
    this.#onBytes = onBytes;
    this.#onRead = function onRead(this: Socket, length) {
      // Almost always small, and then a part of Node's pool.
      onBytes.call(this, Buffer.from(BUFFER.subarray(0, length)));
    };
  }

  /** From the next turn on. What the socket holds comes first. */
  begin(socket: Socket): void {
    const reading = socket as unknown as Reading;
    const handle = reading._handle;
    symbols ??= symbolsOf(reading);
    if (symbols === null || typeof handle?.useUserBuffer !== 'function') {
      socket.on('data', this.#onBytes);
      return;
    }
    // Behind a PROXY protocol header.
    const first = socket.read() as Buffer | null;
    if (first !== null) process.nextTick(() => this.#onBytes.call(socket, first));
    handle.useUserBuffer(BUFFER);
    reading[symbols.buffer] = BUFFER;
    reading[symbols.callback] = this.#onRead;
    socket.resume();
  }

  /** From now on it is read as a stream. */
  end(socket: Socket): void {
    socket.off('data', this.#onBytes);
    const reading = socket as unknown as Reading;
    if (!symbols || reading[symbols.callback] !== this.#onRead) return;
    reading[symbols.callback] = push;
    // Although it is paused, as any stream: otherwise nothing would notice that the client leaves.
    socket.read(0);
  }
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
