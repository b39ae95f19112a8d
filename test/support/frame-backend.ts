/** A backend that answers with HTTP/2 frames, byte by byte: for what no server library would send. */
import type { Socket } from 'node:net';
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  type Frame,
  FRAME,
  frame,
  framesOf,
  headerBlock,
  PREFACE,
  settings,
} from './http2-frames.ts';
import { type RawServer, startRawServer } from './raw-socket.ts';

export interface FrameConnection {
  readonly socket: Socket;
  /** 1 for the first. */
  readonly count: number;
  /** Heads with that status, and perhaps the end of the stream. */
  head(stream: number, fields: readonly (readonly [string, string])[], isLast?: boolean): void;
  send(type: number, flags: number, stream: number, payload?: Buffer | string): void;
}

/** @param onFrame called for each frame of a client, SETTINGS acknowledged. */
export function startFrameBackend(
  onFrame: (connection: FrameConnection, received: Frame) => void,
  values: Readonly<Record<number, number>> | null = {},
): Promise<RawServer> {
  return startRawServer((socket, count) => {
    let pending = '';
    let isPrefaced = false;
    const send = (type: number, flags: number, stream: number, payload: Buffer | string = ''): void =>
      void socket.write(frame(type, flags, stream, payload));
    const head = (stream: number, fields: readonly (readonly [string, string])[], isLast = false): void =>
      send(FRAME.headers, END_HEADERS + (isLast ? END_STREAM : 0), stream, headerBlock(fields));
    if (values !== null) socket.write(settings(values));
    socket.on('data', (bytes) => {
      pending += bytes.toString('latin1');
      if (!isPrefaced) {
        if (pending.length < PREFACE.length) return;
        isPrefaced = true;
        pending = pending.slice(PREFACE.length);
      }
      for (const each of framesOf(pending)) {
        pending = pending.slice(9 + each.payload.length);
        if (each.type === FRAME.settings && each.flags % 2 !== ACK && values !== null) send(FRAME.settings, ACK, 0);
        onFrame({ socket, count, head, send }, each);
      }
    });
  });
}
