/**
 * IP addresses and CIDR blocks as values: strict parsing, one canonical text (RFC 5952), matching by prefix.
 *
 * Strict means: no zone (`fe80::1%eth0`), no leading zeros (`010.0.0.1` is octal to some programs and decimal to
 * others), no shortened IPv4. An IPv4 address inside IPv6 (`::ffff:1.2.3.4`) is that IPv4 address.
 */

export interface IpAddress {
  readonly family: 4 | 6;
  /** Network order: one 32-bit word for IPv4, four for IPv6; unsigned. */
  readonly words: readonly number[];
}

export interface Cidr extends IpAddress {
  /** 0..32 or 0..128. Later bits of `words` are zero. */
  readonly prefix: number;
}

/** Undefined for anything that is not an IP address. */
export function parseAddress(text: string): IpAddress | undefined {
  if (!text.includes(':')) {
    const word = parseV4(text);
    return word === undefined ? undefined : { family: 4, words: [word] };
  }
  const groups = parseV6Groups(text);
  if (groups === undefined) return undefined;
  const words = [0, 2, 4, 6].map((at) => ((groups[at]! << 16) | groups[at + 1]!) >>> 0);
  const isMapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  return isMapped ? { family: 4, words: [words[3]!] } : { family: 6, words };
}

/** An address without a slash is the block of that one address. Bits after the prefix are cleared. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const longest = address.family === 4 ? 32 : 128;
  if (slash === -1) return { ...address, prefix: longest };
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(digits)) return undefined;
  let prefix = Number(digits);
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  if (address.family === 4 && text.includes(':')) prefix -= 96;
  if (prefix < 0 || prefix > longest) return undefined;
  return { family: address.family, prefix, words: masked(address.words, prefix) };
}

/** Canonical text: dotted decimal, or RFC 5952 (lower case, the longest run of zero groups shortened). */
export function formatAddress(address: IpAddress): string {
  if (address.family === 4) {
    const word = address.words[0]!;
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  }
  const groups = address.words.flatMap((word) => [word >>> 16, word & 0xffff]);
  const run = longestZeroRun(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return run.length < 2
    ? hex(groups)
    : `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr)}/${cidr.prefix}`;
}

/** The address starts with the block's first `prefix` bits. */
export function contains(cidr: Cidr, address: IpAddress): boolean {
  if (cidr.family !== address.family) return false;
  let left = cidr.prefix;
  for (let at = 0; left > 0; at += 1, left -= 32) {
    const mask = left >= 32 ? 0xffffffff : (0xffffffff << (32 - left)) >>> 0;
    if (((address.words[at]! ^ cidr.words[at]!) & mask) !== 0) return false;
  }
  return true;
}

/** Every address of `block` is in one of the others. */
export function isCovered(block: Cidr, by: readonly Cidr[]): boolean {
  if (by.some((other) => other.prefix <= block.prefix && contains(other, block))) return true;
  const inside = by.filter((other) => other.prefix > block.prefix && contains(block, other));
  if (inside.length < 2) return false;
  const prefix = block.prefix + 1;
  const words = block.words.map((word, at) => (at === block.prefix >> 5 ? setBit(word, block.prefix) : word));
  return isCovered({ ...block, prefix }, inside) && isCovered({ ...block, prefix, words }, inside);
}

/** @param bit of the address, from the front. */
function setBit(word: number, bit: number): number {
  return (word | (0x80000000 >>> (bit & 31))) >>> 0;
}

/** The block of one subscriber (RFC 6177): by single addresses, one caller would own 2⁶⁴ buckets. */
export const SUBSCRIBER_PREFIX = 64;

/** The key of an anonymous client: an IPv4 address itself, an IPv6 address by its block. @param ipv6Prefix 1..128. */
export function anonymousKey(address: IpAddress, ipv6Prefix: number): string {
  if (address.family === 4 || ipv6Prefix === 128) return formatAddress(address);
  return formatCidr({ family: 6, prefix: ipv6Prefix, words: masked(address.words, ipv6Prefix) });
}

function masked(words: readonly number[], prefix: number): number[] {
  return words.map((word, at) => {
    const bits = Math.min(32, Math.max(0, prefix - at * 32));
    return bits === 0 ? 0 : (word & (0xffffffff << (32 - bits))) >>> 0;
  });
}

/** Digit by digit: tables have hundreds of thousands of blocks. */
function parseV4(text: string): number | undefined {
  let [word, byte, digits, dots] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || dots === 3) return undefined;
      word = word * 256 + byte;
      dots += 1;
      byte = digits = 0;
    } else {
      const isDigit = code >= ZERO && code <= ZERO + 9;
      // A zero in front would be octal to some programs.
      if (!isDigit || (digits > 0 && byte === 0)) return undefined;
      byte = byte * 10 + code - ZERO;
      digits += 1;
      if (byte > 255) return undefined;
    }
  }
  return digits === 0 || dots < 3 ? undefined : word * 256 + byte;
}

const DOT = 46;
const ZERO = 48;

function parseV6Groups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  if (head === undefined || halves.length === 1) return head?.length === 8 ? head : undefined;
  const tail = parseGroups(halves[1]!, true);
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function parseGroups(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [at, part] of parts.entries()) {
    if (mayEndInV4 && at === parts.length - 1 && part.includes('.')) {
      const word = parseV4(part);
      if (word === undefined) return undefined;
      groups.push(word >>> 16, word & 0xffff);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}
