/** The key that identifies a client: shared by ClientStore, the registry and the API's paths. */
import type { ClientKind } from './core/identity-vocabulary.ts';
import { formatAddress, formatCidr, parseCidr } from '../net/ip-address.ts';

export interface ClientKey {
  readonly kind: ClientKind;
  readonly key: string;
}

/** The canonical key of an IP address or CIDR block; undefined for anything else. A /32 or /128 is the address. */
export function addressKey(text: string): ClientKey | undefined {
  const cidr = parseCidr(text);
  if (cidr === undefined) return undefined;
  const isOne = cidr.prefix === (cidr.family === 4 ? 32 : 128);
  return isOne ? { kind: 'ip', key: formatAddress(cidr) } : { kind: 'cidr', key: formatCidr(cidr) };
}

/**
 * 1..128 visible ASCII characters. Not an address, because both share one key space; not `.` or `..`, which no client
 * can put at the end of a URL's path.
 */
export function isClientId(text: string): boolean {
  return /^[\x21-\x7e]{1,128}$/.test(text) && !/^\.\.?$/.test(text) && addressKey(text) === undefined;
}

/** Begins the ids of clients that are identified by their certificates. */
export const CERTIFICATE_PREFIX = 'cert:';

/** Undefined for a text that cannot identify a client. */
export function clientKey(text: string): ClientKey | undefined {
  return addressKey(text) ?? (isClientId(text) ? { kind: 'id', key: text } : undefined);
}
