/**
 * The HTTP/1.1 server of a traffic thread: the part of Node's http.Server that Fastify needs, over our own connections.
 */
import { Server, type Socket } from 'node:net';
import { ClientConnection, type ClientConnectionPorts } from './client-connection.ts';
import { Turns } from './turns.ts';

export class Http1Server extends Server {
  readonly #connections = new Set<ClientConnection>();
  readonly #ports: ClientConnectionPorts;

  constructor(ports: Omit<ClientConnectionPorts, 'turns'>) {
    // Without it, Node would end its side as soon as the client ends its own.
    super({ allowHalfOpen: true, noDelay: true });
    // As an event, like Node's server.
    this.on('request', ports.onRequest);
    const onRequest: ClientConnectionPorts['onRequest'] = (request, response) => {
      this.emit('request', request, response);
    };
    this.#ports = { ...ports, onRequest, turns: new Turns() };
    this.on('connection', (socket: Socket) => this.accept(socket));
  }

  /** A connection that another server has accepted, as the one for TLS does. */
  accept(socket: Socket): void {
    const connection = new ClientConnection(socket, this.#ports);
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
  }

  override close(callback?: (error?: Error) => void): this {
    super.close(callback);
    for (const connection of this.#connections) connection.endWhenIdle();
    return this;
  }

  /** Except those that carry another protocol. */
  closeAllConnections(): void {
    for (const { socket, isDetached } of this.#connections) if (!isDetached) socket.destroy();
  }

  /** Called by Fastify; the connections have their own timeouts. */
  setTimeout(): this {
    return this;
  }
}
