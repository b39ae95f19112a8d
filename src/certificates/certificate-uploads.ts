/** What the admin API does with certificates that operators upload. */
import type { AcceptedVersions } from '../net/entity-tag.ts';
import type { CertificateReport } from './certificate-report.ts';

export interface CertificateUpload {
  /** The certificate, then its intermediates. */
  readonly certPem: string;
  readonly keyPem: string;
  /** As given; null: all names in the certificate. */
  readonly hosts: readonly string[] | null;
}

export interface Uploaded {
  readonly report: CertificateReport;
  /** False: it has replaced one for the same hosts. */
  readonly before: CertificateReport | null;
  /** It is served all the same. */
  readonly warnings: readonly string[];
}

/** Changes resolve when every thread of this gateway has them; other gateways follow. */
export interface CertificateUploads {
  /** Rejects with GatewayError if it cannot be served or stored. */
  upload(upload: CertificateUpload, accepted: AcceptedVersions): Promise<Uploaded>;
  /** Undefined: there is none with this id. */
  remove(id: string, accepted: AcceptedVersions): Promise<CertificateReport | undefined>;
}
