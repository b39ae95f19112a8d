/** HTTP/2 frames, byte by byte (RFC 9113, section 4): for what no client library would send. */
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  headerBlock,
  PREFACE,
  settings,
  uint32,
} from '../../tools/fuzz/http2/frames.ts';
import { RawClient } from './raw-socket.ts';

export { ACK, END_HEADERS, END_STREAM, FRAME, frame, headerBlock, PREFACE, settings, uint32 };

export const MAX_STREAMS = 3;
export const INITIAL_WINDOW = 4;

export function requestFields(more: readonly (readonly [string, string])[] = [], method = 'GET', path = '/') {
  return [[':method', method], [':scheme', 'http'], [':path', path], [':authority', 'shop.example'], ...more] as const;
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Complete frames among received bytes. */
export function framesOf(received: string): Frame[] {
  const bytes = Buffer.from(received, 'latin1');
  const frames: Frame[] = [];
  for (let at = 0; at + 9 <= bytes.length;) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    const stream = bytes.readUInt32BE(at + 5) % 2 ** 31;
    frames.push({ type: bytes[at + 3]!, flags: bytes[at + 4]!, stream, payload: bytes.subarray(at + 9, end) });
    at = end;
  }
  return frames;
}

/** A raw client that has sent the preface and its settings, and acknowledged those of the server. */
export class RawHttp2Client extends RawClient {
  constructor(port: number, values: Readonly<Record<number, number>> = {}) {
    super(port);
    this.send(PREFACE)
      .send(settings(values))
      .send(frame(FRAME.settings, ACK, 0));
  }

  get frames(): Frame[] {
    return framesOf(this.received);
  }

  /** Opens a stream. */
  ask(stream: number, fields: readonly (readonly [string, string])[] = requestFields(), flags = END_STREAM): this {
    this.send(frame(FRAME.headers, flags + END_HEADERS, stream, headerBlock(fields)));
    return this;
  }

  /** Resolves when the server has ended the stream, or reset it: with the code of the reset, or null. */
  async ended(stream: number): Promise<number | null> {
    const isLast = ({ stream: id, type, flags }: Frame): boolean =>
      id === stream && (type === FRAME.reset || (type <= FRAME.headers && flags % 2 === END_STREAM));
    await this.until((received) => framesOf(received).some(isLast));
    const last = this.frames.find(isLast)!;
    return last.type === FRAME.reset ? last.payload.readUInt32BE() : null;
  }

  /** Resolves with the code of a GOAWAY. */
  async goneAway(): Promise<number> {
    const isIt = ({ type }: Frame): boolean => type === FRAME.goaway;
    await this.until((received) => framesOf(received).some(isIt));
    return this.frames.find(isIt)!.payload.readUInt32BE(4);
  }
}
