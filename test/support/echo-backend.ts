/** A backend that answers with what it was asked, as Node's own server understood it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly trailers: IncomingMessage['trailers'];
}

export interface EchoBackend {
  readonly url: string;
  readonly seen: readonly Seen[];
  close(): Promise<void>;
}

/** @param answer replaces the usual one, the request's body. It is called when all of the request has arrived. */
export async function startEchoBackend(
  answer: (seen: Seen, response: ServerResponse) => void = (seen, response) => response.end(seen.body),
): Promise<EchoBackend> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { method, url, rawHeaders, headers, trailers } = request;
      const body = Buffer.concat(pieces).toString('latin1');
      const all: Seen = { method: method!, url: url!, rawHeaders, headers, body, trailers };
      seen.push(all);
      answer(all, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
