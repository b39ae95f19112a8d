/** The TLS port of a traffic thread: connections pass the gate, then the handshake, then go to the engine. */
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClientProof } from './client-auth.ts';
import { type TerminatorPorts, TlsTerminator } from './tls-terminator.ts';

/** Admits connections, and keeps their books. */
interface Gate {
  guard(server: Server): void;
  onSecured(raw: Socket, secure: TLSSocket, proof: ClientProof): void;
  onRefused(socket: Socket, reason: string): void;
}

export interface TlsListenerPorts extends Omit<TerminatorPorts, 'onSecure' | 'onRefused'> {
  readonly gate: Gate;
  /** The engine: the connection's protocol was agreed on. */
  readonly accept: (secure: TLSSocket) => void;
}

export class TlsListener {
  readonly #server: Server;
  readonly #terminator: TlsTerminator;

  constructor({ gate, accept, ...ports }: TlsListenerPorts) {
    this.#terminator = new TlsTerminator({
      ...ports,
      onSecure: (secure, raw, proof) => {
        gate.onSecured(raw, secure, proof);
        accept(secure);
      },
      onRefused: (socket, reason) => gate.onRefused(socket, `tls: ${reason}`),
    });
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (raw) => this.#terminator.accept(raw));
    gate.guard(this.#server);
  }

  /** Resolves with the port. */
  listen(options: ListenOptions): Promise<number> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(options, () => {
        server.off('error', reject);
        resolve((server.address() as { port: number }).port);
      });
    });
  }

  /** Accepts no further connection; resolves when the last one is closed. */
  async close(): Promise<void> {
    this.#terminator.stop();
    if (!this.#server.listening) return;
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}
