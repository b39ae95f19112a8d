/** A DNS server on loopback with the records that the test sets: RFC 1035, and no more of it than a resolver uses. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { TestContext } from 'node:test';

export interface DnsServer {
  /** `127.0.0.1:PORT`, as dns.servers takes it. */
  readonly address: string;
  /** By name: its addresses; `silent`: no answer at all. A name without an entry does not exist. */
  readonly zone: Map<string, readonly string[] | 'silent'>;
  /** Seconds, of every answer. */
  ttl: number;
  /** Questions so far. */
  readonly asked: readonly string[];
}

const A = 1;
const AAAA = 28;
const NO_SUCH_NAME = 3;

export async function startDnsServer(t: Pick<TestContext, 'after'>): Promise<DnsServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  const server = { address: '', zone: new Map<string, readonly string[] | 'silent'>(), ttl: 1, asked };
  socket.on('message', (query: Buffer, from: RemoteInfo) => {
    const { name, type, end } = questionOf(query);
    asked.push(name);
    const addresses = server.zone.get(name);
    if (addresses === 'silent') return;
    const found = (addresses ?? []).filter((address) => (isIPv6(address) ? AAAA : A) === type);
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    // An answer, with recursion desired and available.
    head.writeUInt16BE(0x8180 | (addresses === undefined ? NO_SUCH_NAME : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(found.length, 6);
    const records = found.map((address) => recordOf(address, server.ttl));
    socket.send(Buffer.concat([head, query.subarray(12, end), ...records]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  server.address = `127.0.0.1:${socket.address().port}`;
  return server;
}

function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (; query[at]! > 0; at += query[at]! + 1) labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function recordOf(address: string, ttl: number): Buffer {
  const bytes = isIPv6(address) ? bytesOfV6(address) : Buffer.from(address.split('.').map(Number));
  const head = Buffer.alloc(12);
  // The name of the question.
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(isIPv6(address) ? AAAA : A, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, bytes]);
}

function bytesOfV6(address: string): Buffer {
  const [before = '', after] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [first, last] = [groups(before), groups(after ?? '')];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  return Buffer.from(
    [...first, ...(after === undefined ? [] : zeros), ...last].map((g) => g.padStart(4, '0')).join(''),
    'hex',
  );
}
