/**
 * The TLS side of a thread's connections: reads what a client asks for, completes the handshake with the certificate for
 * that name (SNI, RFC 6066, section 3), and hands the secured connection on. It listens nowhere: the gate hands it
 * connections.
 *
 * Each certificate has a tls.Server, made on its first use. New certificates, settings and ticket keys get new ones, so
 * open connections keep theirs, and none of Node's ways to change a server in use is needed (setSecureContext would
 * reset the ticket keys).
 */
import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import type { ChallengeDirectory } from '../acme/challenge-directory.ts';
import type { CertificateDirectory } from '../certificates/certificate-directory.ts';
import type { ServedCertificate } from '../certificates/certificate.ts';
import { canonicalHostName } from '../net/host-name.ts';
import { readFirstBytes } from '../net/first-bytes.ts';
import { holdInput } from '../net/hold-input.ts';
import { isChallenge, showChallenge } from './challenge-handshake.ts';
import { type ClientAuth, type ClientAuthPolicy, type ClientProof, proofOf } from './client-auth.ts';
import { type ClientHello, parseClientHello } from './core/client-hello.ts';
import { handshakeFailure } from './handshake-failure.ts';
import { TicketKeys } from './ticket-keys.ts';
import { type TlsHandshake, TlsServers } from './tls-servers.ts';
import type { TlsVersion } from '../net/core/net-vocabulary.ts';

export interface TerminatorSettings {
  readonly minVersion: TlsVersion;
  /** For a name without a certificate, and for clients that name none. */
  readonly unknownName: 'reject' | 'default';
  /** Also for what comes before it. */
  readonly handshakeTimeoutMs: number;
  readonly ticketRotationMs: number;
}

export interface TerminatorPorts {
  /** By preference (RFC 7301). Clients that offer none get HTTP/1.1. */
  readonly protocols: readonly string[];
  readonly certificates: CertificateDirectory;
  readonly challenges: ChallengeDirectory;
  /** Another gateway may know the challenge for a name. Left out, undefined: nothing is to be waited for. */
  readonly lookUpChallenge?: (name: string) => Promise<void> | undefined;
  /** What happens to names without a certificate. Left out: nothing is ordered. */
  readonly onDemand?: OnDemand;
  /** The current ones. */
  readonly settings: () => TerminatorSettings;
  readonly clientAuth: () => ClientAuth;
  /** The same for all threads. */
  readonly ticketSecret: Uint8Array;
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
  /** The handshake is complete. */
  readonly onSecure: (secure: TLSSocket, raw: Socket, proof: ClientProof) => void;
  /** It failed; the connection is closed. @param reason one of a few constants, also of OpenSSL and Node */
  readonly onRefused: (raw: Socket, reason: string) => void;
  /** The client speaks HTTP without TLS: the text of an answer that closes the connection. */
  readonly answerPlain: (raw: Socket) => string;
}

/** A client that waits for a certificate. */
export interface WaitingName {
  /** Resolves when there may be one. */
  readonly ready: Promise<void>;
  /** It does not wait any more. */
  leave(): void;
}

export interface OnDemand {
  /** Undefined: there will be no certificate. @param name canonical */
  request(name: string): WaitingName | undefined;
  /** It is served. */
  onUsed(certificate: ServedCertificate): void;
}

const BROKEN_OFF = 'the handshake broke off';
const UNKNOWN_NAME = 'no certificate for the name';
/** RFC 6066, section 3, and for clients that name no server RFC 8446, 9.2. */
const UNRECOGNIZED_NAME = fatalAlert(112);
const MISSING_EXTENSION = fatalAlert(109);
/** The beginning of a request line. */
const HTTP = /^[A-Z]{1,20} [/*h]/;

export class TlsTerminator {
  readonly #ports: TerminatorPorts;
  #servers: TlsServers | null = null;
  #isStopped = false;
  /** Connections whose handshake is not complete. */
  readonly #waiting = new Set<Socket>();
  /** Of those, the ones that a server has, by their ends. */
  readonly #pending = new Map<string, Socket>();

  constructor(ports: TerminatorPorts) {
    this.#ports = ports;
  }

  accept(raw: Socket): void {
    this.#waiting.add(raw);
    raw.on('close', () => this.#waiting.delete(raw));
    raw.on('error', ignore);
    readFirstBytes(raw, this.#ports.settings().handshakeTimeoutMs, {
      parse: (bytes) => {
        const hello = parseClientHello(bytes);
        return hello === 'incomplete' ? undefined : { hello };
      },
      onParsed: ({ hello }, bytes) => {
        if (hello === null) {
          this.#refuseOther(raw, bytes);
          return;
        }
        raw.unshift(bytes);
        // Until the handshake is complete, its end is that of the connection; the connection above begins with this, too.
        raw.allowHalfOpen = false;
        if (isChallenge(hello)) this.#showChallenge(raw, hello);
        else this.#greet(raw, hello);
      },
      onMissing: (why) => {
        if (!this.#isStopped) this.#refuse(raw, why === 'ended' ? BROKEN_OFF : 'the handshake took too long');
      },
    });
  }

  /** Ends the connections whose handshake is not complete. */
  stop(): void {
    this.#isStopped = true;
    for (const raw of this.#waiting) raw.destroy();
  }

  /** A client may have to wait for a certificate that is ordered now. */
  #greet(raw: Socket, hello: ClientHello): void {
    const waited = this.#missing(hello);
    if (waited === undefined) {
      this.#shakeHands(raw, hello);
      return;
    }
    const giveBack = holdInput(raw);
    const onLeft = (): void => {
      waited.leave();
      if (!this.#isStopped) this.#ports.onRefused(raw, BROKEN_OFF);
    };
    raw.on('close', onLeft);
    void waited.ready.then(() => {
      raw.off('close', onLeft);
      if (raw.destroyed) return;
      giveBack();
      this.#shakeHands(raw, hello);
    });
  }

  #missing({ serverName }: ClientHello): WaitingName | undefined {
    const { certificates, onDemand } = this.#ports;
    if (onDemand === undefined || serverName === undefined || certificates.find(serverName) !== undefined) {
      return undefined;
    }
    const name = canonicalHostName(serverName);
    return name === undefined ? undefined : onDemand.request(name);
  }

  #shakeHands(raw: Socket, { serverName }: ClientHello): void {
    // A client that connects to an address names no server.
    const name = serverName ?? raw.localAddress;
    const certificate = this.#certificateFor(name);
    if (certificate === undefined) {
      this.#refuse(raw, UNKNOWN_NAME, serverName === undefined ? MISSING_EXTENSION : UNRECOGNIZED_NAME);
      return;
    }
    const policy = this.#ports.clientAuth().find(name);
    const ends = endsOf(raw);
    this.#pending.set(ends, raw);
    raw.on('close', () => {
      if (this.#pending.get(ends) !== raw) return;
      this.#pending.delete(ends);
      if (!this.#isStopped) this.#ports.onRefused(raw, BROKEN_OFF);
    });
    try {
      this.#serverFor(certificate, policy).emit('connection', raw);
    } catch (error) {
      // OpenSSL cannot use the certificate, although it was checked.
      this.#pending.delete(ends);
      this.#refuse(raw, (error as NodeJS.ErrnoException).code ?? 'unknown');
    }
  }

  #showChallenge(raw: Socket, { serverName }: ClientHello): void {
    const { challenges, lookUpChallenge } = this.#ports;
    const name = serverName === undefined ? undefined : canonicalHostName(serverName);
    const isMissing = name !== undefined && challenges.certificateFor(name) === undefined;
    const lookup = isMissing ? lookUpChallenge?.(name) : undefined;
    if (lookup === undefined) this.#showKnownChallenge(raw, name);
    else {
      void lookup.then(() => {
        if (!raw.destroyed) this.#showKnownChallenge(raw, name);
      });
    }
  }

  #showKnownChallenge(raw: Socket, name: string | undefined): void {
    const { challenges, settings, onRefused } = this.#ports;
    const certificate = challenges.certificateFor(name);
    if (certificate === undefined) this.#refuse(raw, 'no challenge for the name', UNRECOGNIZED_NAME);
    else showChallenge(raw, certificate, settings().handshakeTimeoutMs, (code) => onRefused(raw, code));
  }

  #certificateFor(name: string | undefined): ServedCertificate | undefined {
    const { certificates, onDemand } = this.#ports;
    const named = certificates.find(name);
    if (named?.isOnDemand === true) onDemand?.onUsed(named);
    return named ?? (this.#ports.settings().unknownName === 'default' ? certificates.defaultCertificate : undefined);
  }

  #serverFor(certificate: ServedCertificate, policy: ClientAuthPolicy | undefined): Server {
    const settings = this.#ports.settings();
    const wallMs = this.#ports.wallMs();
    if (this.#servers?.isFor(settings, wallMs) !== true) {
      const keys = new TicketKeys(this.#ports.ticketSecret, wallMs, settings.ticketRotationMs);
      this.#servers = new TlsServers(settings, keys, this.#handshake);
    }
    return this.#servers.for(certificate, policy);
  }

  readonly #handshake: TlsHandshake = {
    protocolFor: (offered) => this.#ports.protocols.find((protocol) => offered.includes(protocol)),
    onSecure: (secure, policy) => {
      const raw = this.#take(secure);
      if (raw === undefined) {
        secure.destroy();
        return;
      }
      this.#waiting.delete(raw);
      // As without TLS: a client may end its side and still read its answer.
      secure.allowHalfOpen = true;
      this.#ports.onSecure(secure, raw, proofOf(secure, policy));
    },
    onFailed: (secure, code) => {
      const raw = this.#take(secure);
      // After a timeout, Node leaves that to us.
      secure.destroy();
      // It has no address any more: the client left, and the end of the connection below will tell.
      if (raw === undefined) return;
      this.#refuse(raw, handshakeFailure(code));
    },
  };

  #refuseOther(raw: Socket, bytes: Buffer): void {
    if (HTTP.test(bytes.toString('latin1', 0, 24))) raw.end(this.#ports.answerPlain(raw), () => raw.destroy());
    else this.#refuse(raw, 'no TLS');
  }

  /** @param alert for the client */
  #refuse(socket: Socket, reason: string, alert?: Buffer): void {
    if (alert === undefined) socket.destroy();
    else socket.end(alert, () => socket.destroy());
    this.#ports.onRefused(socket, reason);
  }

  /** The connection below: Node passes only the one above on. */
  #take(secure: TLSSocket): Socket | undefined {
    const ends = endsOf(secure);
    const raw = this.#pending.get(ends);
    this.#pending.delete(ends);
    return raw;
  }
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

function ignore(): void {
  // 'close' follows.
}

/** In the clear, as before any key exchange (RFC 8446, 5.1 and 6). */
function fatalAlert(description: number): Buffer {
  return Buffer.of(21, 3, 3, 0, 2, 2, description);
}
