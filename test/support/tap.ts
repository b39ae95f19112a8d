/** A TCP proxy that records the data: to see the bytes of a connection on both sides of the gateway. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

/** The data of one connection, by direction. */
export interface Tapped {
  up: Buffer;
  down: Buffer;
}

export interface Tap {
  readonly port: number;
  readonly connections: readonly Tapped[];
  close(): Promise<void>;
}

export async function startTap(targetPort: number): Promise<Tap> {
  const connections: Tapped[] = [];
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const tapped: Tapped = { up: Buffer.alloc(0), down: Buffer.alloc(0) };
    connections.push(tapped);
    const target = connect({ host: '127.0.0.1', port: targetPort, allowHalfOpen: true });
    client.on('data', (chunk) => (tapped.up = Buffer.concat([tapped.up, chunk])));
    target.on('data', (chunk) => (tapped.down = Buffer.concat([tapped.down, chunk])));
    client.pipe(target).pipe(client);
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

/** The data after the head. */
export function behindHead(bytes: Buffer): Buffer {
  return bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
}
