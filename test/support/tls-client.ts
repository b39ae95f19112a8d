/** Clients of a gateway's TLS port. */
import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { TestContext } from 'node:test';
import { RawClient } from './raw-socket.ts';

/** Raw bytes over TLS. The handshake may still be running. */
export function dialTls(t: TestContext, port: number, options: ConnectionOptions): RawClient & { socket: TLSSocket } {
  const socket = connect({ host: '127.0.0.1', port, ...options });
  const client = new RawClient(socket);
  t.after(() => client.destroy());
  return client as RawClient & { socket: TLSSocket };
}

/** Resolves once the handshake is complete; rejects with what the server objects to. */
export async function secured(socket: TLSSocket): Promise<TLSSocket> {
  await once(socket, 'secureConnect');
  return socket;
}

/** The session to resume later. */
export async function sessionOf(socket: TLSSocket): Promise<Buffer> {
  const [session] = (await once(socket, 'session')) as [Buffer];
  // What is written while Node (24) reports a session is not sent.
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  return session;
}
