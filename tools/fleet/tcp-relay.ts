/** Passes TCP connections on to the first target that accepts, and can go silent, as a network that drops every packet. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';

export class TcpRelay {
  readonly port: number;
  readonly #server: Server;
  readonly #targets: () => readonly NetConnectOpts[];
  readonly #sockets = new Set<Socket>();
  #isSilent = false;

  /** @param targets of a new connection, in the order in which they are tried */
  static async listen(targets: () => readonly NetConnectOpts[]): Promise<TcpRelay> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpRelay(server, targets);
  }

  private constructor(server: Server, targets: () => readonly NetConnectOpts[]) {
    this.#server = server;
    this.#targets = targets;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => {
      this.#keep(client);
      if (!this.#isSilent) this.#pass(client, this.#targets());
    });
  }

  /** Open connections go silent; new ones are accepted, and silent too. */
  silence(): void {
    this.#isSilent = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** New connections work; the silent ones break. */
  restore(): void {
    this.#isSilent = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(client: Socket, [first, ...others]: readonly NetConnectOpts[]): void {
    if (first === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect(first);
    this.#keep(upstream);
    let isConnected = false;
    upstream.once('connect', () => {
      isConnected = true;
      client.setNoDelay(true);
      upstream.setNoDelay(true);
      client.pipe(upstream).pipe(client);
      client.once('close', () => upstream.destroy());
    });
    upstream.once('close', () => {
      if (isConnected || client.destroyed) client.destroy();
      else this.#pass(client, others);
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
