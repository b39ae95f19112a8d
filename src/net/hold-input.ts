/**
 * Reads a connection on while it waits for something else, and keeps what arrives: only who reads learns that the other end
 * has left.
 */
import type { Socket } from 'node:net';

/** A client that waits for an answer sends little more. */
const MAX_HELD_BYTES = 16_384;

/** The connection is closed when its client ends its side. @returns puts what has arrived back into the socket */
export function holdInput(socket: Socket): () => void {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const onData = (piece: Buffer): void => {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > MAX_HELD_BYTES) socket.pause();
  };
  const onEnd = (): void => void socket.destroy();
  socket.on('data', onData);
  socket.on('end', onEnd);
  socket.resume();
  return () => {
    socket.off('data', onData);
    socket.off('end', onEnd);
    socket.pause();
    if (pieces.length > 0) socket.unshift(Buffer.concat(pieces));
  };
}
