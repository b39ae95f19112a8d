/** The certificates for clients, as operators see them. */
import type { CertificateSourceKind, ReportedState } from './core/certificates-vocabulary.ts';

/** Without a certificate yet, what is known only from it is null. */
export interface CertificateReport {
  /** For the API; null: there is nothing to do with it. */
  readonly id: string | null;
  readonly hosts: readonly string[];
  readonly source: CertificateSourceKind;
  /** As configured; null: of no file. */
  readonly file: string | null;
  /** Distinguished names on one line. */
  readonly issuer: string | null;
  /** Hex, upper case. */
  readonly serial: string | null;
  /** Milliseconds since the epoch. */
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  /** Hex with colons. */
  readonly fingerprintSha256: string | null;
  readonly state: ReportedState;
  /** Why the newest files are not served, or why none could be ordered; null: nothing is wrong. */
  readonly error: string | null;
  /** When it is ordered or renewed next, milliseconds since the epoch; null: not by us. */
  readonly nextAttempt: number | null;
  /** Of one on demand: when a client last asked for it, milliseconds since the epoch; null: of another. */
  readonly lastUsed: number | null;
  /** Of an uploaded one, for If-Match; null: of another. */
  readonly version: number | null;
}

/** For Prometheus. */
export interface CertificateScrape extends OrderScrape {
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

/** Of certificates from authorities. */
export interface OrderScrape {
  /** Since start: orders that this gateway made, by result, without those on demand. */
  readonly issuedTotal: number;
  readonly failedTotal: number;
  /** Null: none is ordered because a client asks for it. */
  readonly onDemand: {
    /** Number of certificates, by their state. */
    readonly states: Readonly<Record<ReportedState, number>>;
    /** Since start: names without a certificate that clients asked for, by result. */
    readonly servedTotal: number;
    readonly refusedTotal: number;
    readonly limitedTotal: number;
    readonly failedTotal: number;
    /** Since start: questions to the ask URL. */
    readonly asks: { readonly yes: number; readonly no: number; readonly failed: number };
    /** Since start, renewals included. */
    readonly orders: { readonly issuedTotal: number; readonly failedTotal: number };
  } | null;
}

/** What the admin API needs. */
export interface CertificateReports {
  /** In the order of the configuration. */
  list(): readonly CertificateReport[];
  /** PEM; null: no certificate is `internal`. */
  rootPem(): string | null;
  /** Of an authority's, as soon as possible. False: there is none with this id. */
  renew(id: string): Promise<boolean>;
  /** Gives the account with an authority a new key. Resolves with the account's URL. Rejects with GatewayError. */
  changeAccountKey(issuer: string): Promise<string>;
  /** One on demand, until a client asks for it again. Undefined: there is none with this id, or it is being ordered. */
  forget(id: string): Promise<CertificateReport | undefined>;
}
