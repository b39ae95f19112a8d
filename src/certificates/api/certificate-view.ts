/** Schemas of the routes of certificates for clients. */
import { Type, type Static } from '@sinclair/typebox';

import { isoTimeOrNull, nullable, refTo, timestamp } from '../../api/json-types.ts';
import { stringEnum } from '../../api/string-enum.ts';
import type { CertificateReport } from '../certificate-report.ts';
import { CERTIFICATE_SOURCES, REPORTED_STATES } from '../core/certificates-vocabulary.ts';

const DAY_MS = 86_400_000;

export const CertificateView = Type.Object(
  {
    id: nullable(Type.String({ description: 'To renew or remove it; null: it is in a file, or internal' })),
    hosts: Type.Array(Type.String(), { description: 'It is served for these' }),
    source: stringEnum(CERTIFICATE_SOURCES),
    file: nullable(Type.String({ description: '`cert_file` in the configuration; null: it is in no file' })),
    issuer: nullable(Type.String({ description: 'Null, as all that is known from a certificate: there is none yet' })),
    serial: nullable(Type.String({ description: 'Hex' })),
    not_before: nullable(timestamp()),
    not_after: nullable(timestamp()),
    days_left: nullable(Type.Integer({ description: 'Whole days; negative: expired' })),
    fingerprint_sha256: nullable(Type.String({ description: 'Hex with colons' })),
    state: stringEnum(REPORTED_STATES, {
      description: 'expiring: in the last sixth of its life; pending: there is none yet',
    }),
    error: nullable(
      Type.String({
        description:
          'Why it is not served as it is on disk or stored, or why none could be ordered; null: nothing is wrong',
      }),
    ),
    next_attempt: nullable(timestamp({ description: 'When it is ordered or renewed; null: not by the gateway' })),
    last_used: nullable(
      timestamp({ description: 'When a client last asked for one on demand, within hours; null: of another' }),
    ),
    version: nullable(Type.Integer({ description: 'Of an uploaded one, for If-Match; null: of another' })),
  },
  { $id: 'Certificate', title: 'Certificate for clients' },
);

export const CertificatesView = Type.Object(
  { items: Type.Array(refTo(CertificateView)) },
  {
    description:
      'In the order of the configuration, then those from authorities and uploaded ones; empty without `tls`',
  },
);

export type CertificateAnswer = Static<typeof CertificateView>;

export function certificatesView(
  reports: readonly CertificateReport[],
  nowMs: number,
): Static<typeof CertificatesView> {
  return { items: reports.map((report) => certificateView(report, nowMs)) };
}

export function certificateView(report: CertificateReport, nowMs: number): CertificateAnswer {
  return {
    id: report.id,
    hosts: [...report.hosts],
    source: report.source,
    file: report.file,
    issuer: report.issuer,
    serial: report.serial,
    not_before: isoTimeOrNull(report.notBefore),
    not_after: isoTimeOrNull(report.notAfter),
    days_left: report.notAfter === null ? null : Math.floor((report.notAfter - nowMs) / DAY_MS),
    fingerprint_sha256: report.fingerprintSha256,
    state: report.state,
    error: report.error,
    next_attempt: isoTimeOrNull(report.nextAttempt),
    last_used: isoTimeOrNull(report.lastUsed),
    version: report.version,
  };
}
