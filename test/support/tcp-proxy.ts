/** A TCP proxy that can go silent, like a network that drops every packet: nothing arrives, nothing is refused. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Open connections go silent, new ones are accepted and stay silent too. */
  freeze(): void;
  /** New connections work again; the frozen ones stay silent. */
  thaw(): void;
  close(): Promise<void>;
}

export interface TcpProxyOptions {
  /** Passes pieces of at most this size, each in a packet of its own. */
  readonly chunkBytes?: number;
}

export async function startTcpProxy(targetPort: number, { chunkBytes }: TcpProxyOptions = {}): Promise<TcpProxy> {
  let isFrozen = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client.on('error', () => {}));
    if (isFrozen) return;
    const upstream = connect(targetPort, '127.0.0.1').on('error', () => client.destroy());
    sockets.add(upstream);
    if (chunkBytes === undefined) client.pipe(upstream).pipe(client);
    else {
      passPieces(client, upstream, chunkBytes);
      passPieces(upstream, client, chunkBytes);
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    freeze: () => {
      isFrozen = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    thaw: () => {
      isFrozen = false;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function passPieces(from: Socket, to: Socket, size: number): void {
  to.setNoDelay(true);
  let passed: Promise<unknown> = Promise.resolve();
  from.on('data', (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += size) {
      passed = passed.then(() => new Promise((resolve) => to.write(bytes.subarray(at, at + size), resolve)));
    }
  });
}
