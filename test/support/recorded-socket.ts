/** A socket that keeps what is written to it, for what needs no more of one. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export function recordedSocket(): { socket: Socket; written: () => string } {
  const pieces: Buffer[] = [];
  const socket = new Duplex({
    read: () => {},
    write: (piece: Buffer, _encoding, done) => {
      pieces.push(Buffer.from(piece));
      done();
    },
  });
  return { socket: socket as Socket, written: () => Buffer.concat(pieces).toString('latin1') };
}
