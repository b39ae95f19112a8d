/** Where Redis Cluster keeps a key. Source: Redis Cluster specification, "Key distribution model". */
export const SLOTS = 16_384;

/** CRC-16/XMODEM: polynomial 0x1021, initial value 0. */
const CRC16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});
const UTF8 = new TextEncoder();

/** 0 to 16383. Of a key with `{…}`, only the part in the first braces counts, unless that is empty. */
export function slotOf(key: string): number {
  const open = key.indexOf('{');
  const close = open === -1 ? -1 : key.indexOf('}', open + 1);
  const from = close > open + 1 ? open + 1 : 0;
  const to = close > open + 1 ? close : key.length;
  let crc = 0;
  for (let at = from; at < to; at++) {
    const code = key.charCodeAt(at);
    if (code > 127) return slotOfBytes(UTF8.encode(key.slice(from, to)));
    crc = ((crc << 8) & 0xffff) ^ CRC16[(crc >> 8) ^ code]!;
  }
  return crc % SLOTS;
}

function slotOfBytes(bytes: Uint8Array): number {
  return bytes.reduce((crc, byte) => ((crc << 8) & 0xffff) ^ CRC16[(crc >> 8) ^ byte]!, 0) % SLOTS;
}

export interface Redirect {
  /** ASK: for this one command, and after ASKING. Otherwise, the slot has moved for good. */
  readonly isAsk: boolean;
  readonly slot: number;
  /** Null: the host that was asked. */
  readonly host: string | null;
  readonly port: number;
}

/** Of the error `MOVED 3999 127.0.0.1:6381`; undefined: it is no redirect. An IPv6 address has no brackets there. */
export function parseRedirect(text: string): Redirect | undefined {
  const [, word, slot, host, port] = /^(MOVED|ASK) (\d{1,5}) (.*):(\d{1,5})$/.exec(text) ?? [];
  if (word === undefined) return undefined;
  return { isAsk: word === 'ASK', slot: Number(slot), host: host || null, port: Number(port) };
}

export interface SlotRange {
  /** First and last slot. */
  readonly from: number;
  readonly to: number;
  /** Of the master. Null: the host that was asked. */
  readonly host: string | null;
  readonly port: number;
}

/** Of the answer to CLUSTER SLOTS; undefined: it is none. A range without a known host is left out. */
export function parseSlots(reply: unknown): readonly SlotRange[] | undefined {
  if (!Array.isArray(reply)) return undefined;
  const ranges: SlotRange[] = [];
  for (const each of reply as readonly unknown[]) {
    if (!Array.isArray(each)) return undefined;
    const [from, to, master] = each as readonly unknown[];
    if (!Array.isArray(master) || typeof from !== 'number' || typeof to !== 'number') return undefined;
    const [host, port] = master as readonly unknown[];
    // A question mark: the host name that should be announced is not set.
    if (typeof port !== 'number' || host === '?') continue;
    ranges.push({ from, to, host: typeof host === 'string' && host !== '' ? host : null, port });
  }
  return ranges;
}
