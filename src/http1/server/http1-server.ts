/**
 * The HTTP/1.1 server of a traffic thread: the part of Node's http.Server that Fastify needs, over our own connections.
 */
import { Server, type Socket } from 'node:net';
import { afterPoll } from '../../net/after-poll.ts';
import { ClientConnection, type ClientConnectionPorts } from './client-connection.ts';
import { Turns } from './turns.ts';

export class Http1Server extends Server {
  readonly #connections = new Set<ClientConnection>();
  readonly #ports: ClientConnectionPorts;
  #isDraining = false;

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
    if (this.#isDraining) connection.drain();
    socket.on('close', () => this.#connections.delete(connection));
  }

  /** It will close: from now on, every connection ends with its next answer. New ones are accepted. */
  drain(): void {
    this.#isDraining = true;
    for (const connection of this.#connections) connection.drain();
  }

  /** Ends connections that are idle, and have been of use. @param isChosen called for each */
  endKept(isChosen: () => boolean): void {
    for (const connection of this.#connections) if (connection.isKept && isChosen()) connection.endIfIdle();
  }

  /** A request that has arrived by now is answered, although nobody has read it yet. */
  override close(callback?: (error?: Error) => void): this {
    super.close(callback);
    this.drain();
    afterPoll(() => {
      for (const connection of this.#connections) connection.endWhenIdle();
    });
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
