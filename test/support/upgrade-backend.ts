/** A backend of raw bytes that changes the protocol, and the request that makes it do so. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { type RawServer, startRawServer } from './raw-socket.ts';

export const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n';

/** A request for the protocol `raw`; `fields` are whole lines without their ends. */
export function upgradeRequest(path = '/', fields: readonly string[] = []): string {
  const lines = [`GET ${path} HTTP/1.1`, 'Host: gateway', 'Connection: Upgrade', 'Upgrade: raw', ...fields];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

export interface UpgradeBackend extends RawServer {
  /** Heads, in the order of their arrival. */
  readonly heads: readonly string[];
}

/**
 * Reads one head per connection, then hands the socket over with the data after the head.
 *
 * @param serve writes the answer itself.
 */
export async function startUpgradeBackend(
  serve: (socket: Socket, first: Buffer, head: string) => void,
  allowHalfOpen = false,
): Promise<UpgradeBackend> {
  const heads: string[] = [];
  const server = await startRawServer((socket) => {
    let received = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end === -1) return;
      socket.off('data', onData);
      const head = received.toString('latin1', 0, end + 4);
      heads.push(head);
      serve(socket, received.subarray(end + 4), head);
    };
    socket.on('data', onData);
  }, allowHalfOpen);
  return Object.assign(server, { heads });
}

/** Echoes everything. */
export function echo(socket: Socket, first: Buffer): void {
  socket.write(Buffer.concat([Buffer.from(SWITCHED), first]));
  socket.on('data', (chunk: Buffer) => socket.write(chunk));
}

/** The accept value of a WebSocket handshake (RFC 6455, 4.2.2). */
export function websocketAccept(head: string): string {
  const key = /\r\nsec-websocket-key: *(\S+)/i.exec(head)?.[1] ?? '';
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
