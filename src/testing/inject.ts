/** A request to a test gateway, through the engine of HTTP/1.1 and over no socket. */
import { request } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import type { Socket } from 'node:net';
import type { Injected, InjectOptions } from './test-gateway.ts';

/** @param accept takes the gateway's end of the connection. Rejects if the connection ends without an answer. */
export function inject(accept: (connection: Socket) => void, options: InjectOptions): Promise<Injected> {
  const { method = 'GET', path = '/', headers = {}, body, address = '127.0.0.1' } = options;
  const [client, server] = duplexPair();
  accept(asSocket(server, address));
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        method,
        path,
        headers: { host: 'localhost', ...headers, connection: 'close' } as Record<string, string | string[]>,
        createConnection: () => client,
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(pieces).toString();
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            body: text,
            json: <T>() => JSON.parse(text) as T,
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** What the engine uses of a socket beyond a stream. */
function asSocket(stream: Duplex, remoteAddress: string): Socket {
  return Object.assign(stream, {
    remoteAddress,
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
    setTimeout: () => stream,
    resetAndDestroy: () => stream.destroy(),
  }) as unknown as Socket;
}
