/** The certificates for clients, as operators see them. */
import type { CertificateSourceKind, CertificateState } from './core/certificates-vocabulary.ts';

export interface CertificateReport {
  readonly hosts: readonly string[];
  readonly source: CertificateSourceKind;
  /** As configured; null: of no file. */
  readonly file: string | null;
  /** Distinguished names on one line. */
  readonly issuer: string;
  /** Hex, upper case. */
  readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Hex with colons. */
  readonly fingerprintSha256: string;
  readonly state: CertificateState;
  /** Why the newest files are not served; null: they are. */
  readonly error: string | null;
}

/** For Prometheus. */
export interface CertificateScrape {
  readonly expiries: readonly {
    /** The first one. */
    readonly host: string;
    /** Since the epoch. */
    readonly atSeconds: number;
    /** Share of its life: 1 at its beginning, 0 once it has expired. */
    readonly left: number;
  }[];
  /** Since start: changes of files by result. */
  readonly replacedTotal: number;
  readonly refusedTotal: number;
}

/** What the admin API needs. */
export interface CertificateReports {
  /** In the order of the configuration. */
  list(): readonly CertificateReport[];
  /** PEM; null: no certificate is `internal`. */
  rootPem(): string | null;
}
