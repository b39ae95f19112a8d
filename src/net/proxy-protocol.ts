/**
 * The header of the PROXY protocol, versions 1 and 2: the client address that a load balancer in front of us reports.
 * Pure: bytes in, address out. Source: HAProxy's doc/proxy-protocol.txt, sections 2.1 and 2.2.
 */
import type { ProxyVersions } from './core/net-vocabulary.ts';
import { type IpAddress, parseAddress } from './ip-address.ts';

export type ProxyHeader =
  /** More bytes are needed. */
  | { readonly state: 'incomplete' }
  /** The connection must be closed; `why` is for the log. */
  | { readonly state: 'malformed'; readonly why: string }
  /** `length` bytes belong to the header. Null: the sender speaks for itself (LOCAL, UNKNOWN), use its own address. */
  | { readonly state: 'complete'; readonly length: number; readonly source: IpAddress | null };

const V1_START = Buffer.from('PROXY ', 'latin1');
/** CRLF included; no line of the protocol is longer. */
const MAX_V1 = 107;
const V2_START = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_HEAD_BYTES = 16;
/** Of addresses and TLVs together: certificates are sent in TLVs, nothing larger is. */
const MAX_V2_BYTES = 16_384;

const INCOMPLETE: ProxyHeader = { state: 'incomplete' };

/** @param bytes everything received so far; what follows the header is ignored. */
export function parseProxyHeader(bytes: Buffer, versions: ProxyVersions): ProxyHeader {
  if (versions !== 'v2' && agree(bytes, V1_START)) return parseV1(bytes);
  if (versions !== 'v1' && agree(bytes, V2_START)) return parseV2(bytes);
  return malformed('no PROXY protocol header');
}

/** One is a prefix of the other. */
function agree(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

function parseV1(bytes: Buffer): ProxyHeader {
  const text = bytes.toString('latin1', 0, MAX_V1);
  const end = text.indexOf('\r\n');
  if (end === -1) return bytes.length < MAX_V1 ? INCOMPLETE : malformed('the line is too long');
  const line = text.slice(0, end);
  const length = end + 2;
  // The rest of the line after UNKNOWN must be ignored.
  if (/^PROXY UNKNOWN( |$)/.test(line)) return { state: 'complete', length, source: null };
  const parts = /^PROXY TCP([46]) ([\da-fA-F.:]+) ([\da-fA-F.:]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/.exec(line);
  if (parts === null) return malformed('the line is not of the protocol');
  const [, family, from, to, ...ports] = parts as unknown as [string, string, string, string, string, string];
  const source = parseAddress(from);
  const destination = parseAddress(to);
  if (source === undefined || destination === undefined) return malformed('an address is malformed');
  // By the notation: ::ffff:1.2.3.4 is written as IPv6, and is an IPv4 address.
  if ([from, to].some((address) => address.includes(':') !== (family === '6'))) {
    return malformed('an address is of the other family');
  }
  if (ports.some((port) => Number(port) > 65_535)) return malformed('a port is too large');
  return { state: 'complete', length, source };
}

function parseV2(bytes: Buffer): ProxyHeader {
  if (bytes.length < V2_HEAD_BYTES) return INCOMPLETE;
  const version = bytes[12]! >> 4;
  const command = bytes[12]! & 15;
  const family = bytes[13]! >> 4;
  const transport = bytes[13]! & 15;
  const rest = bytes.readUInt16BE(14);
  if (version !== 2) return malformed('the version is not 2');
  if (command > 1) return malformed('the command is unknown');
  if (family > 3 || transport > 2) return malformed('the address family or transport is unknown');
  if (rest > MAX_V2_BYTES) return malformed('the header is too long');
  const length = V2_HEAD_BYTES + rest;
  const isStream = transport === 1;
  // LOCAL: health checks of the sender. Otherwise anything but TCP counts as unspecified.
  const isAddress = command === 1 && isStream && (family === 1 || family === 2);
  if (isAddress && rest < (family === 1 ? 12 : 36)) return malformed('the addresses are cut short');
  if (bytes.length < length) return INCOMPLETE;
  if (!isAddress) return { state: 'complete', length, source: null };
  return { state: 'complete', length, source: family === 1 ? v4(bytes) : v6(bytes) };
}

function v4(bytes: Buffer): IpAddress {
  return { family: 4, words: [bytes.readUInt32BE(V2_HEAD_BYTES)] };
}

function v6(bytes: Buffer): IpAddress {
  const words = [0, 4, 8, 12].map((at) => bytes.readUInt32BE(V2_HEAD_BYTES + at));
  const isMapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  return isMapped ? { family: 4, words: [words[3]!] } : { family: 6, words };
}

function malformed(why: string): ProxyHeader {
  return { state: 'malformed', why };
}
