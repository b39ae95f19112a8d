import type { CertificateReport } from '../certificate-report.ts';
import { certificateState } from '../core/certificate-state.ts';
import type { CertificateState } from '../core/certificates-vocabulary.ts';
import type { Pair } from '../judge-pair.ts';
import type { Leaf } from '../precedents.ts';

/** What a certificate says of itself. */
type DescribedReport = Omit<
  CertificateReport,
  'id' | 'source' | 'file' | 'error' | 'nextAttempt' | 'lastUsed' | 'version'
>;
export type PairReport = { readonly [Key in keyof DescribedReport]: NonNullable<DescribedReport[Key]> };

export function stateOf({ validFromDate, validToDate }: Leaf, nowMs: number): CertificateState {
  return certificateState(validFromDate.getTime(), validToDate.getTime(), nowMs);
}

export function reportOf({ leaf, hosts }: Pair, nowMs: number): PairReport {
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

/** There is none yet, or it cannot be read. */
export function pendingReport(hosts: readonly string[]): DescribedReport {
  return {
    hosts,
    issuer: null,
    serial: null,
    notBefore: null,
    notAfter: null,
    fingerprintSha256: null,
    state: 'pending',
  };
}
