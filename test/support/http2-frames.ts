/** HTTP/2 frames, byte by byte (RFC 9113, section 4): for what no client library would send. */
import { RawClient } from './raw-socket.ts';

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;

export function frame(type: number, flags: number, stream: number, payload: Buffer | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** @param values by identifier (RFC 9113, 6.5.2) */
export function settings(values: Readonly<Record<number, number>> = {}): Buffer {
  const all = Object.entries(values).map(([id, value]) => {
    const entry = Buffer.alloc(6);
    entry.writeUInt16BE(Number(id));
    entry.writeUInt32BE(value, 2);
    return entry;
  });
  return frame(FRAME.settings, 0, 0, Buffer.concat(all));
}

export const MAX_STREAMS = 3;
export const INITIAL_WINDOW = 4;

/** Literals that are never indexed, without Huffman (RFC 7541, 6.2.3). */
export function headerBlock(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0x10]), literal(name), literal(value)]));
}

function literal(text: string): Buffer {
  return Buffer.concat([prefixed(text.length), Buffer.from(text, 'latin1')]);
}

/** An integer with a 7-bit prefix (RFC 7541, 5.1). */
function prefixed(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>= 7) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

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
