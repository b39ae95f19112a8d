/** A certificate that the configuration wants from an authority. */
import { certificateKey } from '../certificates/certificate-key.ts';
import type { ChallengeType } from './core/acme-vocabulary.ts';

export interface Issuer {
  readonly name: string;
  readonly directory: string;
  readonly email: string | null;
  readonly profile: string | null;
  readonly challenges: readonly ChallengeType[];
  readonly eab: { readonly kid: string; readonly hmac: string } | null;
  readonly caPem: string | null;
  readonly dnsHook: string | null;
}

export interface WantedCertificate {
  readonly id: string;
  /** Canonical, at least one. */
  readonly hosts: readonly string[];
  /** The first, then the ones it falls back to. */
  readonly issuers: readonly Issuer[];
  readonly isDefault: boolean;
}

/** The settings of TLS, as far as they matter here. */
export interface AcmeSettings {
  readonly acme: Readonly<Record<string, Omit<Issuer, 'name'> & { readonly fallback: string | null }>>;
  readonly certificates: readonly { readonly hosts: readonly string[] | null; readonly acme: string | null }[];
}

/** A check has seen to it that authorities exist, and that fallbacks end. */
export function wantedCertificates({ acme, certificates }: AcmeSettings): readonly WantedCertificate[] {
  return certificates.flatMap(({ hosts, acme: first }, at) => {
    if (first === null || hosts === null) return [];
    const issuers: Issuer[] = [];
    for (let name: string | null = first; name !== null; name = acme[name]!.fallback) {
      issuers.push({ ...acme[name]!, name });
    }
    return [{ id: certificateKey(hosts), hosts, issuers, isDefault: at === 0 }];
  });
}
