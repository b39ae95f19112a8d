/** HTTP/2 frames, byte by byte (RFC 9113, section 4): for what no client library would send. */

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;
export const PADDED = 8;
export const PRIORITY = 0x20;

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

/** How a field is sent: literals, without Huffman (RFC 7541, 6.2). */
export const LITERAL = { neverIndexed: 0x10, indexed: 0x40, notIndexed: 0 } as const;

export function headerBlock(
  fields: readonly (readonly [name: string, value: string])[],
  how: number = LITERAL.neverIndexed,
): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([how]), literal(name), literal(value)]));
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
