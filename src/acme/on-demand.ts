/** Certificates that are ordered when a client asks for a name: for which names, and within which limits. */
import { coversHost } from '../certificates/core/host-match.ts';
import { parseAddress } from '../net/ip-address.ts';

/** As configured. */
export interface OnDemandSettings {
  /** Asked before a certificate is ordered or renewed. */
  readonly ask: string;
  readonly askTimeoutMs: number;
  /** How long an answer is reused. */
  readonly askCacheMs: number;
  readonly asksPerSecond: number;
  /** How long handshakes wait for a certificate. */
  readonly waitMs: number;
  /** Names at a time. */
  readonly maxPending: number;
  /** For new names, by all gateways. */
  readonly ordersPerHour: number;
  readonly maxCertificates: number;
  /** A certificate that nobody has asked for in this time is not renewed. */
  readonly keepUnusedDays: number;
}

/** What a traffic thread has to know. */
export interface OnDemandLimits extends Pick<OnDemandSettings, 'asksPerSecond' | 'maxPending' | 'waitMs'> {
  /** Canonical names and wildcards; null: any name with a dot. */
  readonly hosts: readonly string[] | null;
}

interface ConfiguredCertificate {
  readonly hosts: readonly string[] | null;
  readonly onDemand?: OnDemandSettings | null;
}

/** A check has seen to it that there is one at most. */
export function onDemandLimits(certificates: readonly ConfiguredCertificate[]): OnDemandLimits | null {
  const given = certificates.find(({ onDemand = null }) => onDemand !== null);
  if (given === undefined) return null;
  const { asksPerSecond, maxPending, waitMs } = given.onDemand!;
  return { hosts: given.hosts, asksPerSecond, maxPending, waitMs };
}

/** Let's Encrypt's limit; the parts of a name that follow random parts would otherwise be endless. */
const MAX_LABELS = 10;
/** Letters, digits and inner dashes; not an underscore, which no authority accepts (Baseline Requirements, 7.1.4.2). */
const NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/**
 * Whether a certificate may be ordered for it, if the operator's service agrees: never an address, and a name without a
 * dot only if `hosts` has it.
 *
 * @param name canonical
 */
export function isOnDemandName(name: string, hosts: readonly string[] | null): boolean {
  const labels = name.split('.');
  if (!NAME.test(name) || labels.length > MAX_LABELS || parseAddress(name) !== undefined) return false;
  // There is no such top-level domain (RFC 3696, 2).
  if (/^\d+$/.test(labels.at(-1)!)) return false;
  return hosts === null ? labels.length > 1 : hosts.some((host) => coversHost(host, name));
}
