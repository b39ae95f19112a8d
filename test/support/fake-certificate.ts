import type { CertificateReport } from '../../src/certificates/certificate-report.ts';

export function fakeCertificate(more: Partial<CertificateReport> = {}): CertificateReport {
  return {
    id: null,
    hosts: ['a.test', '*.a.test'],
    source: 'file',
    file: 'a.pem',
    issuer: 'CN=test root',
    serial: '01AF',
    notBefore: 0,
    notAfter: Date.now() + 86_400_000,
    fingerprintSha256: 'AA:BB',
    state: 'ok',
    error: null,
    nextAttempt: null,
    lastUsed: null,
    version: null,
    ...more,
  };
}
