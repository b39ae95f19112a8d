/** A certificate as traffic threads serve it. Never logged or shown: it contains the private key. */
export interface ServedCertificate {
  /** The same as long as its source is configured. */
  readonly id: string;
  /** Higher for whatever was read or issued later. */
  readonly version: number;
  /** Canonical (src/net/host-name.ts); `*.example.com` stands for one label. */
  readonly hosts: readonly string[];
  /** For clients that send no name, or an unknown one, if `tls.unknown_name` allows that. */
  readonly isDefault: boolean;
  /** Ordered because a client asked for it: all others take precedence, and its use is reported. Left out: false. */
  readonly isOnDemand?: boolean;
  /** The leaf first, then the intermediates. */
  readonly chainPem: string;
  readonly keyPem: string;
}
