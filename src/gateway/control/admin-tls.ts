/**
 * TLS on the admin port: connections that the gate admitted reach the HTTP server once their handshake is complete.
 * The server listens itself, so that its limits and time-outs are the same as without TLS.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { ChallengeDirectory } from '../../acme/challenge-directory.ts';
import { CertificateDirectory } from '../../certificates/certificate-directory.ts';
import { ClientAuth } from '../../tls/client-auth.ts';
import { type TerminatorPorts, TlsTerminator } from '../../tls/tls-terminator.ts';

export interface AdminTlsPorts extends Pick<TerminatorPorts, 'settings' | 'ticketSecret' | 'wallMs' | 'answerPlain'> {
  readonly log: Pick<Logger, 'debug'>;
}

type Listener = (this: Server, socket: Socket) => void;

/** Operators have tokens: `tls.client_auth` is about clients. */
const NO_CLIENT_AUTH = new ClientAuth([]);

export class AdminTls {
  /** Kept current by the caller. */
  readonly certificates = new CertificateDirectory();
  readonly #terminator: TlsTerminator;
  #isStopped = false;

  constructor({ log, ...ports }: AdminTlsPorts) {
    this.#terminator = new TlsTerminator({
      ...ports,
      protocols: ['http/1.1'],
      certificates: this.certificates,
      // Authorities validate names on the public ports.
      challenges: new ChallengeDirectory(),
      clientAuth: () => NO_CLIENT_AUTH,
      onSecure: (secure) => this.#admit(secure),
      onRefused: ({ remoteAddress }, reason) =>
        log.debug({ client: remoteAddress, reason }, 'TLS handshake on the admin port failed'),
    });
  }

  /** Before the gate's: the server's own listeners are called with secured connections only. */
  guard(server: Server): void {
    const listeners = server.listeners('connection') as Listener[];
    server.removeAllListeners('connection');
    this.#admit = (secure) => {
      for (const listener of listeners) listener.call(server, secure);
    };
    server.on('connection', (raw: Socket) => {
      if (this.#isStopped) raw.destroy();
      else this.#terminator.accept(raw);
    });
  }

  /** Ends connections whose handshake is not complete, and all that still arrive. */
  stop(): void {
    this.#isStopped = true;
    this.#terminator.stop();
  }

  #admit: (secure: Socket) => void = (secure) => secure.destroy();
}
