/**
 * Who calls: API key, else a verified certificate, else a registered client id that has no key, else a registered address or block, else the address
 * (IPv6 by its block, a /64). An unregistered client id is no identity: it can neither create a bucket nor avoid the
 * address's own.
 */
import { type ClientKind, MAX_CLIENT_ID } from './core/identity-vocabulary.ts';
import { CERTIFICATE_PREFIX } from './client-key.ts';
import { hashApiKey } from './api-key.ts';
import type { CidrMap } from '../net/cidr-map.ts';
import { anonymousKey, formatAddress, type IpAddress, parseAddress } from '../net/ip-address.ts';

/** Names a bucket. The kind is part of it, so that an id can never name an address's bucket. */
export function bucketKey(kind: ClientKind, key: string): string {
  return `${kind}:${key}`;
}

/** 64-bit hash of a bucket key: unsigned 32-bit halves. */
export interface BucketHash {
  readonly lo: number;
  readonly hi: number;
}

/** What identification needs to know about the registered clients. Keys are bucket keys. */
export interface KnownAddresses {
  /** Unregistered IPv6 addresses that share this many bits are one client. */
  readonly ipv6Prefix: number;
  readonly blocks: CidrMap<string>;
  /** The client with this bucket key has settings of its own, and they apply. */
  isRegistered(key: string): boolean;
}

export interface KnownClients extends KnownAddresses {
  readonly hasApiKeys: boolean;
  byApiKeyHash(hash: string): string | undefined;
  /** The client with this bucket key has an API key: its id alone does not identify it. */
  needsApiKey(key: string): boolean;
}

/** The bucket key of the caller at this address, if no credentials named another. */
export function addressKey(address: IpAddress, known: KnownAddresses): string {
  const exact = bucketKey('ip', formatAddress(address));
  if (known.isRegistered(exact)) return exact;
  return known.blocks.find(address) ?? bucketKey('ip', anonymousKey(address, known.ipv6Prefix));
}

/**
 * The bucket key for the credentials of a request; undefined if they match no client: one that is registered, or has a
 * verified certificate.
 *
 * @param certificate the id that a verified certificate gives
 */
export function credentialKey(
  apiKey: string | undefined,
  clientId: string | undefined,
  known: KnownClients,
  certificate?: string,
): string | undefined {
  if (apiKey !== undefined && known.hasApiKeys) {
    const key = known.byApiKeyHash(hashApiKey(apiKey));
    if (key !== undefined) return key;
  }
  if (certificate !== undefined) return bucketKey('id', certificate);
  if (clientId === undefined || clientId.length > MAX_CLIENT_ID) return undefined;
  // Only a certificate can say so.
  if (clientId.startsWith(CERTIFICATE_PREFIX)) return undefined;
  const key = bucketKey('id', clientId);
  return known.isRegistered(key) && !known.needsApiKey(key) ? key : undefined;
}

/**
 * The address of the caller: the peer's or, if the peer is a trusted proxy, the last address in X-Forwarded-For that is
 * not a trusted proxy itself. Anything to the left of that may be made up.
 */
export function callerAddress(peer: IpAddress, forwardedFor: string | undefined, trusted: CidrMap<true>): IpAddress {
  if (forwardedFor === undefined || trusted.find(peer) === undefined) return peer;
  let caller = peer;
  const hops = forwardedFor.split(',');
  for (let at = hops.length - 1; at >= 0; at -= 1) {
    const hop = hops[at]!.trim();
    // Lists may have empty elements (RFC 9110, 5.6.1).
    if (hop === '') continue;
    const address = parseAddress(stripPort(hop));
    if (address === undefined) break;
    caller = address;
    if (trusted.find(address) === undefined) break;
  }
  return caller;
}

/** Brackets belong to IPv6 only; malformed text is returned unchanged, and is not an address. */
function stripPort(hop: string): string {
  if (hop.startsWith('[')) return /^\[([^\]]*:[^\]]*)\](?::\d+)?$/.exec(hop)?.[1] ?? hop;
  return /^[\d.]+:\d+$/.test(hop) ? hop.slice(0, hop.indexOf(':')) : hop;
}
