import type { X509Certificate } from 'node:crypto';

import type { CertificateReport } from '../certificate-report.ts';
import { certificateState } from '../core/certificate-state.ts';
import type { CertificateState } from '../core/certificates-vocabulary.ts';
import type { Pair } from '../judge-pair.ts';

export function stateOf({ validFromDate, validToDate }: X509Certificate, nowMs: number): CertificateState {
  return certificateState(validFromDate.getTime(), validToDate.getTime(), nowMs);
}

export function reportOf({ leaf, hosts }: Pair, nowMs: number): Omit<CertificateReport, 'source' | 'file' | 'error'> {
  return {
    hosts,
    issuer: leaf.issuer.replaceAll('\n', ', '),
    serial: leaf.serialNumber,
    notBefore: leaf.validFromDate.getTime(),
    notAfter: leaf.validToDate.getTime(),
    fingerprintSha256: leaf.fingerprint256,
    state: stateOf(leaf, nowMs),
  };
}
