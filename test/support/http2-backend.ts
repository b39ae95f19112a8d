/** A backend that speaks HTTP/2 only: Node's own server, with or without TLS. */
import { once } from 'node:events';
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { selfSigned } from './self-signed.ts';

export interface Asked {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
}

export interface Http2Backend {
  readonly url: string;
  readonly port: number;
  /** Every request so far. */
  readonly asked: readonly Asked[];
  /** Every connection so far. */
  readonly sessions: readonly ServerHttp2Session[];
  /** Resolves when this many requests have arrived in total. */
  arrived(count: number): Promise<void>;
  close(): void;
}

export interface Http2BackendOptions extends ServerOptions {
  readonly isTls?: boolean;
  readonly port?: number;
}

/** @param answer default: the path */
export async function startHttp2Backend(
  t: TestContext,
  answer: (asked: Asked) => void = ({ stream, headers }) => {
    stream.respond({ ':status': 200 });
    stream.end(headers[':path']);
  },
  { isTls = false, port: wanted = 0, ...options }: Http2BackendOptions = {},
): Promise<Http2Backend> {
  const asked: Asked[] = [];
  const sessions: ServerHttp2Session[] = [];
  const sockets = new Set<Socket>();
  const wake: (() => void)[] = [];
  const server = (isTls ? createSecureServer({ ...selfSigned, ...options }) : createServer(options)) as Http2Server;
  server.on('session', (session) => {
    session.on('error', () => undefined);
    sessions.push(session);
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const one = { stream, headers };
    asked.push(one);
    answer(one);
    for (const resolve of wake.splice(0)) resolve();
  });
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    for (const session of sessions) session.destroy();
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  t.after(close);
  return {
    url: `${isTls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    asked,
    sessions,
    arrived: async (count) => {
      while (asked.length < count) await new Promise<void>((resolve) => wake.push(resolve));
    },
    close,
  };
}

export async function bodyOf(stream: ServerHttp2Stream): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('latin1');
}
