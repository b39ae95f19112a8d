/** Reads the PROXY protocol header at the start of a connection; what follows it stays in the socket. */
import type { Socket } from 'node:net';
import { readFirstBytes } from '../net/first-bytes.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { parseProxyHeader } from '../net/proxy-protocol.ts';
import type { ProxyVersions } from '../net/core/net-vocabulary.ts';

export interface ProxyHeaderReader {
  /** Null: the connection's own address counts. */
  onHeader(source: IpAddress | null): void;
  /** The connection is unusable; the caller closes it. */
  onRefused(why: string): void;
}

const WHY = { ended: 'the connection ended before the header did', timeout: 'the header took too long' } as const;

/** @param timeoutMs for the whole header. One of the two callbacks is called, once. */
export function readProxyHeader(
  socket: Socket,
  versions: ProxyVersions,
  timeoutMs: number,
  reader: ProxyHeaderReader,
): void {
  readFirstBytes(socket, timeoutMs, {
    parse: (bytes) => {
      const header = parseProxyHeader(bytes, versions);
      return header.state === 'incomplete' ? undefined : header;
    },
    onParsed: (header, bytes) => {
      if (header.state === 'malformed') return reader.onRefused(header.why);
      if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
      reader.onHeader(header.source);
    },
    onMissing: (why) => reader.onRefused(WHY[why]),
  });
}
