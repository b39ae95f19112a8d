/** Bytes on real sockets: a client library would normalize them, these send and show them as they are. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A client that records everything it receives. */
export class RawClient {
  readonly socket: Socket;
  received = '';
  isClosed = false;
  #wake: (() => void)[] = [];

  /** @param to a port, or a connection, perhaps one over TLS */
  constructor(to: number | Socket) {
    this.socket = typeof to === 'number' ? connect({ host: '127.0.0.1', port: to }) : to;
    this.socket.setNoDelay(true);
    this.socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
      this.#notify();
    });
    // A reset is a way for a connection to close; tests look at isClosed.
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isClosed = true;
      this.#notify();
    });
  }

  send(bytes: string | Buffer): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    return this;
  }

  /** Resolves when the received data contains all this; rejects if the connection closes without it. */
  async until(text: string | ((received: string) => boolean)): Promise<string> {
    const isThere = typeof text === 'string' ? (received: string): boolean => received.includes(text) : text;
    while (!isThere(this.received)) {
      if (this.isClosed) throw new Error(`closed before ${String(text)} came; received: ${this.received}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this.received;
  }

  /** Resolves when the connection is closed, with all received data. */
  async closed(): Promise<string> {
    while (!this.isClosed) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return this.received;
  }

  destroy(): void {
    this.socket.destroy();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}

/** A TCP server that handles each connection as the test says. */
export interface RawServer {
  readonly port: number;
  readonly url: string;
  readonly sockets: readonly Socket[];
  close(): Promise<void>;
}

/** @param allowHalfOpen a socket can still be written to after its other end is done. */
export async function startRawServer(
  onConnection: (socket: Socket, count: number) => void,
  allowHalfOpen = false,
  listenPort = 0,
): Promise<RawServer> {
  const sockets: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onConnection(socket, sockets.length);
  });
  server.listen(listenPort, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * A backend of raw bytes: collects each request until its head (and the body that Content-Length declares) is complete,
 * then writes the answer.
 */
export async function startRawBackend(
  answer: string | Buffer | ((request: string, socket: Socket) => void),
  port = 0,
): Promise<RawServer & { readonly requests: readonly string[] }> {
  const requests: string[] = [];
  const onConnection = (socket: Socket): void => {
    let pending = '';
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      for (;;) {
        const end = pending.indexOf('\r\n\r\n');
        if (end === -1) return;
        const length = Number(/\r\ncontent-length: *(\d+)/i.exec(pending.slice(0, end))?.[1] ?? 0);
        if (pending.length < end + 4 + length) return;
        const request = pending.slice(0, end + 4 + length);
        pending = pending.slice(request.length);
        requests.push(request);
        if (typeof answer === 'function') answer(request, socket);
        else socket.write(answer);
      }
    });
  };
  const server = await startRawServer(onConnection, false, port);
  return Object.assign(server, { requests });
}

/** A response with Content-Length, for raw backends. */
export function rawResponse(body: string, head = '200 OK', fields: readonly string[] = []): string {
  return [`HTTP/1.1 ${head}`, `Content-Length: ${Buffer.byteLength(body)}`, ...fields, '', body].join('\r\n');
}
