/**
 * What OpenSSL needs to serve a certificate, made on its first use: each costs 0.4 ms and 24 KiB, which ten thousand
 * names at start would multiply by the threads.
 */
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { ServedCertificate } from '../certificates/certificate.ts';

/** Those used last are kept: about 12 MiB. */
const MAX_CONTEXTS = 512;

interface Entry {
  readonly version: number;
  readonly context: SecureContext;
}

export class SecureContexts {
  /** By certificate; the one used last is the last. */
  readonly #entries = new Map<string, Entry>();
  readonly #options: SecureContextOptions;
  readonly #max: number;

  /** @param options common to all: versions, ciphers. @param max contexts that are kept */
  constructor(options: SecureContextOptions, max = MAX_CONTEXTS) {
    this.#options = options;
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Throws if OpenSSL cannot use it. */
  of({ id, version, chainPem, keyPem }: ServedCertificate): SecureContext {
    const known = this.#entries.get(id);
    this.#entries.delete(id);
    const entry =
      known?.version === version
        ? known
        : { version, context: createSecureContext({ ...this.#options, cert: chainPem, key: keyPem }) };
    this.#entries.set(id, entry);
    if (this.#entries.size > this.#max) this.#entries.delete(this.#entries.keys().next().value!);
    return entry.context;
  }
}
