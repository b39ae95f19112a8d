/**
 * The certificates as one traffic thread knows them. The control thread sends every change and waits until all threads
 * have acknowledged it.
 */
import { canonicalHostName } from '../net/host-name.ts';
import type { ServedCertificate } from './certificate.ts';
import { HostTable } from './core/host-match.ts';

export class CertificateDirectory {
  /** Incremented with every change: anything derived from an older version is looked up again. */
  version = 0;
  readonly #byId = new Map<string, ServedCertificate>();
  #byHost = new HostTable<ServedCertificate>([]);
  /** Those of names that the configuration has nothing for. */
  #onDemand: ReadonlyMap<string, ServedCertificate> = new Map();
  #default: ServedCertificate | undefined;

  constructor(certificates: readonly ServedCertificate[] = []) {
    this.apply(certificates, []);
  }

  /** The first one in the configuration; undefined: there is none. */
  get defaultCertificate(): ServedCertificate | undefined {
    return this.#default;
  }

  /** Each replaces the one with its id, unless that is newer: an expired certificate must not come back. */
  apply(set: readonly ServedCertificate[], removed: readonly string[]): void {
    for (const id of removed) this.#byId.delete(id);
    for (const certificate of set) {
      const current = this.#byId.get(certificate.id);
      if (current === undefined || certificate.version >= current.version) this.#byId.set(certificate.id, certificate);
    }
    const all: ServedCertificate[] = [];
    const onDemand = new Map<string, ServedCertificate>();
    for (const each of this.#byId.values()) {
      if (each.isOnDemand === true) for (const host of each.hosts) onDemand.set(host, each);
      else all.push(each);
    }
    this.#onDemand = onDemand;
    this.#byHost = new HostTable(all.flatMap((each) => each.hosts.map((host) => [host, each] as const)));
    this.#default = all.find(({ isDefault }) => isDefault) ?? all[0];
    this.version += 1;
  }

  /**
   * The certificate for a name as a client sent it; undefined: there is none, or the client sent no name. An address is
   * a name, too: a client that connects to one sends none, so pass the local address of its connection.
   */
  find(serverName: string | undefined): ServedCertificate | undefined {
    const name = serverName === undefined ? undefined : canonicalHostName(serverName);
    return name === undefined ? undefined : (this.#byHost.find(name) ?? this.#onDemand.get(name));
  }
}
