/**
 * The TLS side of a thread's connections: handshakes by server name (SNI, RFC 6066, section 3), protocol (ALPN, RFC
 * 7301) and session tickets. It listens nowhere: the gate hands it connections, and it hands on those that are secure.
 *
 * New certificates, settings and ticket keys apply to new handshakes, by a new tls.Server: open connections keep theirs,
 * and none of Node's ways to change a server that is in use is needed (setSecureContext would reset the ticket keys).
 */
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { CertificateDirectory } from '../certificates/certificate-directory.ts';
import type { ServedCertificate } from '../certificates/certificate.ts';
import { TicketKeys } from './ticket-keys.ts';
import { SecureContexts } from './secure-contexts.ts';
import { tlsPolicy } from './tls-policy.ts';

export interface TerminatorSettings {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** For a name without a certificate, and for clients that name none. */
  readonly unknownName: 'reject' | 'default';
  readonly handshakeTimeoutMs: number;
  readonly ticketRotationMs: number;
}

export interface TerminatorPorts {
  readonly certificates: CertificateDirectory;
  /** The current ones. */
  readonly settings: () => TerminatorSettings;
  /** The same for all threads. */
  readonly ticketSecret: Uint8Array;
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
  /** The handshake is complete. */
  readonly onSecure: (secure: TLSSocket, raw: Socket) => void;
  /** It failed; the connection is closed. @param reason one of a few constants of OpenSSL and Node */
  readonly onRefused: (raw: Socket, reason: string) => void;
}

/** Without agreement on a protocol, and for clients that offer none, HTTP/1.1 is assumed. */
const PROTOCOLS = ['http/1.1', 'http/1.0'];
/** Tickets are valid for all servers of this name: for all of ours. */
const SESSION_CONTEXT = 'sluice';

const UNKNOWN_NAME = 'no certificate for the name';
/** How a handshake without any certificate ends: TLS 1.3, TLS 1.2. */
const WITHOUT_CERTIFICATE: ReadonlySet<string> = new Set([
  'ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM',
  'ERR_SSL_NO_SHARED_CIPHER',
]);

/** What handshakes share until something changes. */
interface Generation {
  readonly settings: TerminatorSettings;
  readonly certificates: number;
  readonly ticketKeys: TicketKeys;
  /** By the id of the certificate for clients that name no server; '': none. */
  readonly servers: Map<string, Server>;
}

export class TlsTerminator {
  readonly #ports: TerminatorPorts;
  #generation: Generation | null = null;
  #contexts: SecureContexts | null = null;
  /** Connections whose handshake is not complete, by their ends. */
  readonly #pending = new Map<string, Socket>();

  constructor(ports: TerminatorPorts) {
    this.#ports = ports;
  }

  accept(raw: Socket): void {
    const ends = endsOf(raw);
    this.#pending.set(ends, raw);
    raw.on('close', () => {
      if (this.#pending.get(ends) === raw) this.#pending.delete(ends);
    });
    raw.on('error', ignore);
    try {
      this.#serverFor(raw).emit('connection', raw);
    } catch (error) {
      // OpenSSL cannot use the certificate, although it was checked.
      raw.destroy();
      this.#ports.onRefused(raw, (error as NodeJS.ErrnoException).code ?? 'unknown');
    }
  }

  /** Ends the connections whose handshake is not complete. */
  stop(): void {
    for (const raw of this.#pending.values()) raw.destroy();
  }

  #serverFor(raw: Socket): Server {
    const { servers, settings, ticketKeys } = this.#current();
    // A client that connects to an address names no server (RFC 6066, section 3).
    const certificate = this.#certificateFor(raw.localAddress, settings);
    const id = certificate?.id ?? '';
    let server = servers.get(id);
    if (server === undefined) {
      server = this.#createServer(certificate, settings, ticketKeys);
      servers.set(id, server);
    }
    return server;
  }

  #current(): Generation {
    const { certificates, ticketSecret } = this.#ports;
    const settings = this.#ports.settings();
    const wallMs = this.#ports.wallMs();
    const last = this.#generation;
    const isSame = last?.settings === settings;
    if (isSame && last.certificates === certificates.version && last.ticketKeys.isFor(wallMs)) return last;
    if (!isSame) this.#contexts = new SecureContexts(tlsPolicy(settings.minVersion));
    const ticketKeys = new TicketKeys(ticketSecret, wallMs, settings.ticketRotationMs);
    this.#generation = { settings, certificates: certificates.version, ticketKeys, servers: new Map() };
    return this.#generation;
  }

  #createServer(
    certificate: ServedCertificate | undefined,
    settings: TerminatorSettings,
    { keys }: TicketKeys,
  ): Server {
    const contexts = this.#contexts!;
    const policy = tlsPolicy(settings.minVersion);
    const server = createServer({
      ...policy,
      ...(certificate === undefined ? {} : { cert: certificate.chainPem, key: certificate.keyPem }),
      ticketKeys: keys,
      sessionIdContext: SESSION_CONTEXT,
      handshakeTimeout: settings.handshakeTimeoutMs,
      // As for connections without TLS: a client may end its side and still read its answer.
      allowHalfOpen: true,
      ALPNCallback: ({ protocols }) => PROTOCOLS.find((protocol) => protocols.includes(protocol)),
      SNICallback: (name, done) => {
        const named = this.#certificateFor(name, settings);
        if (named === undefined) {
          // OpenSSL sends an alert if it has no certificate at all; Node has no way to make it refuse one.
          if (certificate === undefined) done(null);
          else done(unknownName());
          return;
        }
        try {
          done(null, contexts.of(named));
        } catch (error) {
          done(error as Error);
        }
      },
    });
    server.on('secureConnection', (secure) => {
      const raw = this.#take(secure);
      if (raw === undefined) secure.destroy();
      else this.#ports.onSecure(secure, raw);
    });
    server.on('tlsClientError', (error: NodeJS.ErrnoException, secure) => {
      const raw = this.#take(secure);
      // After a timeout, Node leaves that to us.
      secure.destroy();
      raw?.destroy();
      const isUnknownName = certificate === undefined && WITHOUT_CERTIFICATE.has(error.code!);
      this.#ports.onRefused(raw ?? secure, isUnknownName ? UNKNOWN_NAME : (error.code ?? 'unknown'));
    });
    return server;
  }

  #certificateFor(name: string | undefined, { unknownName }: TerminatorSettings): ServedCertificate | undefined {
    const { certificates } = this.#ports;
    return certificates.find(name) ?? (unknownName === 'default' ? certificates.defaultCertificate : undefined);
  }

  /** The connection below: Node passes only the one above on. */
  #take(secure: TLSSocket): Socket | undefined {
    const ends = endsOf(secure);
    const raw = this.#pending.get(ends);
    this.#pending.delete(ends);
    return raw;
  }
}

function unknownName(): Error {
  return Object.assign(new Error('no certificate for the name that the client asks for'), { code: UNKNOWN_NAME });
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

function ignore(): void {
  // 'close' follows.
}
