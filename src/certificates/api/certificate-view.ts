/** Schemas of the routes of certificates for clients. */
import { Type, type Static } from '@sinclair/typebox';

import { isoTime, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import type { CertificateReport } from '../certificate-report.ts';
import { CERTIFICATE_SOURCES, CERTIFICATE_STATES } from '../core/certificates-vocabulary.ts';

const DAY_MS = 86_400_000;

export const CertificateView = Type.Object(
  {
    hosts: Type.Array(Type.String(), { description: 'It is served for these' }),
    source: stringEnum(CERTIFICATE_SOURCES),
    file: nullable(Type.String({ description: '`cert_file` in the configuration; null: it is internal' })),
    issuer: Type.String(),
    serial: Type.String({ description: 'Hex' }),
    not_before: timestamp(),
    not_after: timestamp(),
    days_left: Type.Integer({ description: 'Whole days; negative: expired' }),
    fingerprint_sha256: Type.String({ description: 'Hex with colons' }),
    state: stringEnum(CERTIFICATE_STATES, { description: 'expiring: in the last sixth of its life' }),
    error: nullable(Type.String({ description: 'Why the files on disk are not served; null: they are' })),
  },
  { $id: 'Certificate', title: 'Certificate for clients' },
);

export const CertificatesView = Type.Object(
  { items: Type.Array(refTo(CertificateView)) },
  { description: 'In the order of the configuration; empty without `tls`' },
);

export type CertificateAnswer = Static<typeof CertificateView>;

export function certificatesView(
  reports: readonly CertificateReport[],
  nowMs: number,
): Static<typeof CertificatesView> {
  return {
    items: reports.map((report) => ({
      hosts: [...report.hosts],
      source: report.source,
      file: report.file,
      issuer: report.issuer,
      serial: report.serial,
      not_before: isoTime(report.notBefore),
      not_after: isoTime(report.notAfter),
      days_left: Math.floor((report.notAfter - nowMs) / DAY_MS),
      fingerprint_sha256: report.fingerprintSha256,
      state: report.state,
      error: report.error,
    })),
  };
}
