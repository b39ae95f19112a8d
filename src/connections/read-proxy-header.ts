/** Reads the PROXY protocol header at the start of a connection; what follows it stays in the socket. */
import type { Socket } from 'node:net';
import type { IpAddress } from '../net/ip-address.ts';
import { parseProxyHeader } from '../net/proxy-protocol.ts';
import type { ProxyVersions } from '../net/core/net-vocabulary.ts';

export interface ProxyHeaderReader {
  /** Null: the connection's own address counts. */
  onHeader(source: IpAddress | null): void;
  /** The connection is unusable; the caller closes it. */
  onRefused(why: string): void;
}

/** @param timeoutMs for the whole header. One of the two callbacks is called, once. */
export function readProxyHeader(
  socket: Socket,
  versions: ProxyVersions,
  timeoutMs: number,
  reader: ProxyHeaderReader,
): void {
  let bytes: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => refuse('the header took too long'), timeoutMs);

  function onReadable(): void {
    for (let chunk = read(socket); chunk !== null; chunk = read(socket)) {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    }
    const header = parseProxyHeader(bytes, versions);
    if (header.state === 'incomplete') return;
    if (header.state === 'malformed') return refuse(header.why);
    detach();
    if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
    reader.onHeader(header.source);
  }

  function onEnd(): void {
    refuse('the connection ended before the header did');
  }

  function refuse(why: string): void {
    detach();
    reader.onRefused(why);
  }

  function detach(): void {
    clearTimeout(timer);
    socket.off('readable', onReadable);
    socket.off('end', onEnd);
    socket.off('close', onEnd);
  }

  socket.on('readable', onReadable);
  socket.on('end', onEnd);
  socket.on('close', onEnd);
}

function read(socket: Socket): Buffer | null {
  return socket.read() as Buffer | null;
}
