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

/** Why a pair is not to replace another: it has expired, and that one is valid. */
export function setback(before: Pair, { leaf }: Pair, nowMs: number): string | undefined {
  const isSetback = stateOf(leaf, nowMs) === 'expired' && ['ok', 'expiring'].includes(stateOf(before.leaf, nowMs));
  if (!isSetback) return undefined;
  const [at, until] = [leaf, before.leaf].map(({ validToDate }) => validToDate.toISOString());
  return `the new certificate expired at ${at}; the one before is valid until ${until}`;
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
