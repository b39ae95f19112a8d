/**
 * The tls.Servers of a thread, one for each certificate in use. Each costs 0.4 ms and some 30 KiB, which ten thousand
 * names at start would multiply by the threads: they are made on first use, and those used last are kept.
 */
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { ServedCertificate } from '../certificates/certificate.ts';
import type { ClientAuthPolicy } from './client-auth.ts';
import type { TicketKeys } from './ticket-keys.ts';
import { tlsPolicy } from './tls-policy.ts';
import type { TlsVersion } from '../net/core/net-vocabulary.ts';

export interface ServerSettings {
  readonly minVersion: TlsVersion;
  readonly handshakeTimeoutMs: number;
}

export interface TlsHandshake {
  /** ALPN. Undefined: none of them is supported. */
  protocolFor(offered: readonly string[]): string | undefined;
  onSecure(secure: TLSSocket, policy: ClientAuthPolicy | undefined): void;
  /** @param code of OpenSSL or Node */
  onFailed(secure: TLSSocket, code: string): void;
}

/** About 16 MiB. */
const MAX_SERVERS = 512;
/** Tickets are valid for all servers with the same: those that accept the same certificates of clients. */
const SESSION_CONTEXT = 'sluice';

interface Entry {
  readonly version: number;
  readonly server: Server;
}

export class TlsServers {
  readonly #settings: ServerSettings;
  readonly #ticketKeys: TicketKeys;
  readonly #handshake: TlsHandshake;
  readonly #max: number;
  /** By certificate; the one used last is the last. */
  readonly #entries = new Map<string, Entry>();

  /** @param max certificates whose servers are kept */
  constructor(settings: ServerSettings, ticketKeys: TicketKeys, handshake: TlsHandshake, max = MAX_SERVERS) {
    this.#settings = settings;
    this.#ticketKeys = ticketKeys;
    this.#handshake = handshake;
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Nothing has changed that all of them depend on. */
  isFor(settings: ServerSettings, wallMs: number): boolean {
    return settings === this.#settings && this.#ticketKeys.isFor(wallMs);
  }

  /**
   * @param certificate throws if OpenSSL cannot use it
   * @param policy undefined: clients are not asked for a certificate
   */
  for(certificate: ServedCertificate, policy?: ClientAuthPolicy): Server {
    const id = `${certificate.id} ${policy?.key ?? ''}`;
    const { version } = certificate;
    const known = this.#entries.get(id);
    this.#entries.delete(id);
    const entry = known?.version === version ? known : { version, server: this.#create(certificate, policy) };
    this.#entries.set(id, entry);
    if (this.#entries.size > this.#max) this.#entries.delete(this.#entries.keys().next().value!);
    return entry.server;
  }

  #create({ chainPem, keyPem }: ServedCertificate, policy: ClientAuthPolicy | undefined): Server {
    const server = createServer({
      ...tlsPolicy(this.#settings.minVersion),
      cert: chainPem,
      key: keyPem,
      ticketKeys: this.#ticketKeys.keys,
      ...(policy !== undefined && {
        requestCert: true,
        // Refused with an answer that says why, see plugins/traffic/client-certificate.ts.
        rejectUnauthorized: false,
        ca: policy.caPem!,
        ...(policy.crlPem !== null && { crl: policy.crlPem }),
      }),
      sessionIdContext: SESSION_CONTEXT + (policy?.key ?? ''),
      handshakeTimeout: this.#settings.handshakeTimeoutMs,
      ALPNCallback: ({ protocols }) => this.#handshake.protocolFor(protocols),
    });
    server.on('secureConnection', (secure) => this.#handshake.onSecure(secure, policy));
    server.on('tlsClientError', (error: NodeJS.ErrnoException, secure) =>
      this.#handshake.onFailed(secure, error.code ?? 'unknown'),
    );
    return server;
  }
}
