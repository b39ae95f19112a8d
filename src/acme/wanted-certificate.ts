/** A certificate that the configuration wants from an authority. */
import { certificateKey } from '../certificates/certificate-key.ts';
import type { OnDemandSettings } from './on-demand.ts';
import type { ChallengeType } from './core/acme-vocabulary.ts';

export interface Issuer {
  readonly name: string;
  readonly directory: string;
  readonly email: string | null;
  readonly profile: string | null;
  /** Common name of the root that chains should lead to; null: as the authority prefers. */
  readonly preferredChain: string | null;
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
  /** A client has asked for it, and the configuration does not name it; left out: it does. */
  readonly isOnDemand?: boolean;
}

/** What certificates on demand are ordered with. */
export interface OnDemandOrders extends OnDemandSettings {
  /** Canonical names and wildcards; null: any name with a dot. */
  readonly hosts: readonly string[] | null;
  /** The first, then the ones it falls back to. */
  readonly issuers: readonly Issuer[];
}

/** The settings of TLS, as far as they matter here. */
export interface AcmeSettings {
  readonly acme: Readonly<Record<string, Omit<Issuer, 'name'> & { readonly fallback: string | null }>>;
  readonly certificates: readonly {
    readonly hosts: readonly string[] | null;
    readonly acme: string | null;
    /** Left out: null. */
    readonly onDemand?: OnDemandSettings | null;
  }[];
}

/** A check has seen to it that authorities exist, and that fallbacks end. */
export function wantedCertificates({ acme, certificates }: AcmeSettings): readonly WantedCertificate[] {
  return certificates.flatMap(({ hosts, acme: first, onDemand = null }, at) => {
    if (first === null || hosts === null || onDemand !== null) return [];
    return [{ id: certificateKey(hosts), hosts, issuers: issuersFrom(acme, first), isDefault: at === 0 }];
  });
}

/** Null: none is ordered on demand. A check has seen to it that there is one at most. */
export function onDemandOrders({ acme, certificates }: AcmeSettings): OnDemandOrders | null {
  const given = certificates.find(({ onDemand = null }) => onDemand !== null);
  if (given?.onDemand === undefined || given.onDemand === null || given.acme === null) return null;
  return { ...given.onDemand, hosts: given.hosts, issuers: issuersFrom(acme, given.acme) };
}

/** Of a name on demand; the same as if the configuration named it. */
export function certificateOnDemand(host: string, issuers: readonly Issuer[]): WantedCertificate {
  return { id: certificateKey([host]), hosts: [host], issuers, isDefault: false, isOnDemand: true };
}

function issuersFrom(acme: AcmeSettings['acme'], first: string): readonly Issuer[] {
  const issuers: Issuer[] = [];
  for (let name: string | null = first; name !== null; name = acme[name]!.fallback) {
    issuers.push({ ...acme[name]!, name });
  }
  return issuers;
}
