/**
 * A certificate on its way to the traffic threads: chain and key are in shared memory, once for all threads, and become
 * texts there only when they are used. With ten thousand certificates, copies would take 40 MB of each thread.
 */
import type { ServedCertificate } from './certificate.ts';

export interface SharedCertificate extends Omit<ServedCertificate, 'chainPem' | 'keyPem'> {
  /** The chain, then the key. PEM is ASCII. */
  readonly pem: SharedArrayBuffer;
  readonly chainLength: number;
}

export function shareCertificate({ chainPem, keyPem, ...rest }: ServedCertificate): SharedCertificate {
  const text = chainPem + keyPem;
  const pem = new SharedArrayBuffer(text.length);
  Buffer.from(pem).write(text, 'latin1');
  return { ...rest, pem, chainLength: chainPem.length };
}

export function openCertificate(shared: SharedCertificate): ServedCertificate {
  return new OpenedCertificate(shared);
}

class OpenedCertificate implements ServedCertificate {
  readonly id: string;
  readonly version: number;
  readonly hosts: readonly string[];
  readonly isDefault: boolean;
  readonly isOnDemand: boolean;
  readonly #pem: Buffer;
  readonly #chainLength: number;

  constructor({ id, version, hosts, isDefault, isOnDemand = false, pem, chainLength }: SharedCertificate) {
    this.id = id;
    this.version = version;
    this.hosts = hosts;
    this.isDefault = isDefault;
    this.isOnDemand = isOnDemand;
    this.#pem = Buffer.from(pem);
    this.#chainLength = chainLength;
  }

  get chainPem(): string {
    return this.#pem.toString('latin1', 0, this.#chainLength);
  }

  get keyPem(): string {
    return this.#pem.toString('latin1', this.#chainLength);
  }
}
