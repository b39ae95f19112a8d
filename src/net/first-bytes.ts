/** Reads what a connection begins with, before anything else does. */
import type { Socket } from 'node:net';

export interface FirstBytesReader<Parsed> {
  /** Undefined: more is needed. Called with everything received so far, each time something arrives. */
  parse(bytes: Buffer): Parsed | undefined;
  /** @param bytes all that was received; nothing of it is left in the socket: what belongs to others goes back. */
  onParsed(parsed: Parsed, bytes: Buffer): void;
  /** It ended, or took too long; the caller closes it. */
  onMissing(why: 'ended' | 'timeout'): void;
}

/** One of the last two callbacks is called, once. */
export function readFirstBytes<Parsed>(socket: Socket, timeoutMs: number, reader: FirstBytesReader<Parsed>): void {
  let bytes: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => fail('timeout'), timeoutMs);

  function onReadable(): void {
    for (let chunk = read(socket); chunk !== null; chunk = read(socket)) {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    }
    const parsed = reader.parse(bytes);
    if (parsed === undefined) return;
    detach();
    reader.onParsed(parsed, bytes);
  }

  function onEnd(): void {
    fail('ended');
  }

  function fail(why: 'ended' | 'timeout'): void {
    detach();
    reader.onMissing(why);
  }

  function detach(): void {
    clearTimeout(timer);
    socket.off('readable', onReadable);
    socket.off('end', onEnd);
    socket.off('close', onEnd);
  }

  socket.on('readable', onReadable);
  socket.on('end', onEnd);
  socket.on('close', onEnd);
}

function read(socket: Socket): Buffer | null {
  return socket.read() as Buffer | null;
}
