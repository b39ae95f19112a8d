/**
 * The certificates that this gateway serves: read from their files, sent to the traffic threads, and read again when
 * the files change. A pair that cannot be served is refused as a whole, and the one before is served on.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';

import { GatewayError } from '../../errors.ts';
import type { ServedCertificate } from '../certificate.ts';
import { judgePair, type Pair, type Remark } from '../judge-pair.ts';
import { PemFiles } from '../pem-files.ts';

/** As configured. */
export interface CertificateSource {
  /** Canonical; null: all names in the certificate. */
  readonly hosts: readonly string[] | null;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A source that was read. */
interface Kept {
  readonly source: CertificateSource;
  readonly pair: Pair;
  readonly served: ServedCertificate;
}

/** Sources that were read and can be served: see {@link CertificateKeeper.prepare}. */
export type PreparedCertificates = ReadonlyMap<string, Pick<Kept, 'source' | 'pair'>>;

/** Sends a change to every traffic thread; resolves when all serve it. */
export type PublishCertificates = (set: readonly ServedCertificate[], removed: readonly string[]) => Promise<void>;

export interface CertificateKeeperPorts {
  /** Relative names of files start here. */
  readonly cwd: string;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

export class CertificateKeeper {
  readonly #ports: CertificateKeeperPorts;
  #kept: ReadonlyMap<string, Kept> = new Map();
  #version = 0;
  #publish: PublishCertificates = async () => {};

  constructor(ports: CertificateKeeperPorts) {
    this.#ports = ports;
  }

  /** Until then there are no threads, and nothing is sent. */
  connect(publish: PublishCertificates): void {
    this.#publish = publish;
  }

  /** In the order of the configuration. */
  get served(): readonly ServedCertificate[] {
    return [...this.#kept.values()].map(({ served }) => served);
  }

  /** Reads all files. Throws GatewayError with everything that cannot be served; nothing has changed then. */
  prepare(sources: readonly CertificateSource[]): PreparedCertificates {
    const files = new PemFiles(this.#ports.cwd);
    const prepared = new Map<string, Pick<Kept, 'source' | 'pair'>>();
    const problems: { field: string; message: string }[] = [];
    for (const [at, source] of sources.entries()) {
      const { pair, faults } = this.#judge(source, files);
      for (const fault of faults) {
        const field = ['tls.certificates', at, fault.key, ...(fault.at === undefined ? [] : [fault.at])].join('.');
        problems.push({ field, message: `${field}: ${describe(fault, source)}` });
      }
      if (pair !== undefined) prepared.set(idOf(source), { source, pair });
    }
    if (problems.length === 0) return prepared;
    const message = 'Certificates cannot be served; those before are kept';
    throw new GatewayError('GW_VALIDATION', { message, details: problems });
  }

  /** Resolves when every thread serves them, and nothing else. */
  async use(prepared: PreparedCertificates): Promise<void> {
    const before = this.#kept;
    const [first] = prepared.keys();
    this.#kept = new Map(
      [...prepared].map(([id, { source, pair }]) => [
        id,
        { source, pair, served: this.#serve(id, pair, id === first, before.get(id)) },
      ]),
    );
    const set = this.served.filter((served) => before.get(served.id)?.served !== served);
    const removed = [...before.keys()].filter((id) => !this.#kept.has(id));
    if (set.length > 0 || removed.length > 0) await this.#publish(set, removed);
  }

  /** The one before if nothing would change: threads keep what they derived from it. */
  #serve(id: string, pair: Pair, isDefault: boolean, before: Kept | undefined): ServedCertificate {
    const { hosts, chainPem, keyPem } = pair;
    const version = this.#version + 1;
    const next: ServedCertificate = { id, version, hosts, isDefault, chainPem, keyPem };
    if (before !== undefined && isDeepStrictEqual({ ...before.served, version }, next)) return before.served;
    this.#version = version;
    return next;
  }

  #judge({ hosts, certFile, keyFile }: CertificateSource, files: PemFiles): ReturnType<typeof judgePair> {
    const source = { hosts, readCertificate: () => files.read(certFile), readKey: () => files.read(keyFile) };
    return judgePair(source, this.#ports.wallMs());
  }
}

/** One entry for each file: the check of the configuration sees to that. */
function idOf({ certFile }: CertificateSource): string {
  return certFile;
}

function describe({ key, at = 0, message }: Remark, { hosts, certFile, keyFile }: CertificateSource): string {
  const name = key === 'hosts' ? hosts?.[at] : key === 'cert_file' ? certFile : keyFile;
  return `"${name ?? ''}" ${message}`;
}
