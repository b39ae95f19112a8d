/**
 * Who sent a request: its peer, the caller behind trusted proxies, and the client that its credentials name. New kinds
 * of credentials belong here; what a client may do then is up to `limits`.
 */
import type { IncomingMessage } from 'node:http';
import type { RateLimitSettings } from '../config/settings.ts';
import { peerAddress } from '../http/peer-address.ts';
import type { CidrMap } from '../net/cidr-map.ts';
import { formatAddress, type IpAddress } from '../net/ip-address.ts';
import type { ClientDirectory } from './client-directory.ts';
import { addressKey, type BucketHash, callerAddress, credentialKey, type KnownClients } from './client-identity.ts';

export type Admission = 'allowed' | 'denied';

/** The part of the current settings that identifies clients. */
export interface IdentitySettings {
  readonly rateLimit: Pick<RateLimitSettings, 'apiKeyHeader' | 'clientIdHeader' | 'ipv6Prefix'>;
  readonly trustProxy: CidrMap<true>;
  /** Allowlist and denylist in one: the smaller block wins; if both have the same block, the denylist does. */
  readonly admission: CidrMap<Admission>;
  /** A field that identifies clients may only be set by trusted proxies, like `X-Forwarded-User`. */
  readonly isStated: { readonly apiKey: boolean; readonly clientId: boolean };
}

/**
 * What is known about a caller by its address alone: computed once per connection, unless there is a proxy in between.
 */
export interface Caller {
  readonly address: IpAddress;
  readonly text: string;
  readonly isTrusted: boolean;
  readonly admission: Admission | undefined;
  /** Its bucket key, if no credentials name another. */
  readonly key: string;
  readonly hash: BucketHash;
  /** The inputs: if either has been replaced, the result is out of date. */
  readonly settings: IdentitySettings;
  readonly directoryVersion: number;
}

/** Of the limiter. */
export interface BucketKeys {
  hash(key: string): BucketHash;
  isRegistered(key: string): boolean;
}

const MAX_CALLERS = 1024;

export class RequestIdentity {
  readonly #live: { readonly current: IdentitySettings };
  readonly #directory: ClientDirectory;
  readonly #keys: BucketKeys;
  readonly #known: KnownClients;
  /** By the text of their address, those that were described last: many connections come from one address. */
  readonly #callers = new Map<string, Caller>();

  constructor(live: { readonly current: IdentitySettings }, directory: ClientDirectory, keys: BucketKeys) {
    this.#live = live;
    this.#directory = directory;
    this.#keys = keys;
    this.#known = {
      get hasApiKeys() {
        return directory.hasApiKeys;
      },
      byApiKeyHash: (hash) => directory.byApiKeyHash(hash),
      needsApiKey: (key) => directory.needsApiKey(key),
      get ipv6Prefix() {
        return live.current.rateLimit.ipv6Prefix;
      },
      blocks: directory.blocks,
      isRegistered: (key) => keys.isRegistered(key),
    };
  }

  /** The peer: a client, or a proxy. */
  peerOf({ socket }: IncomingMessage): Caller {
    let peer = socket.sluiceCaller;
    if (peer === undefined || !this.#isCurrent(peer)) {
      peer = this.#peerAt(peerAddress(socket));
      socket.sluiceCaller = peer;
    }
    return peer;
  }

  #isCurrent({ settings, directoryVersion }: Caller): boolean {
    return settings === this.#live.current && directoryVersion === this.#directory.version;
  }

  #peerAt(address: IpAddress): Caller {
    const text = formatAddress(address);
    const known = this.#callers.get(text);
    if (known !== undefined && this.#isCurrent(known)) return known;
    const peer = this.#describe(address);
    if (this.#callers.size >= MAX_CALLERS) this.#callers.clear();
    this.#callers.set(text, peer);
    return peer;
  }

  /** The peer, or the caller it forwards for if it is a trusted proxy. */
  callerOf(request: IncomingMessage, peer: Caller): Caller {
    if (!peer.isTrusted) return peer;
    const { trustProxy } = this.#live.current;
    const address = callerAddress(peer.address, fieldOf(request, 'x-forwarded-for'), trustProxy);
    return address === peer.address ? peer : this.#describe(address);
  }

  /** The bucket key of the client that the request's credentials name; undefined: none. */
  namedClient(request: IncomingMessage, peer: Caller): string | undefined {
    const { isStated, rateLimit } = this.#live.current;
    return credentialKey(
      isStated.apiKey && !peer.isTrusted ? undefined : fieldOf(request, rateLimit.apiKeyHeader),
      isStated.clientId && !peer.isTrusted ? undefined : fieldOf(request, rateLimit.clientIdHeader),
      this.#known,
      request.socket.sluiceProof?.identity,
    );
  }

  #describe(address: IpAddress): Caller {
    const settings = this.#live.current;
    const key = addressKey(address, this.#known);
    return {
      address,
      text: formatAddress(address),
      isTrusted: settings.trustProxy.find(address) === true,
      admission: settings.admission.find(address),
      key,
      hash: this.#keys.hash(key),
      settings,
      directoryVersion: this.#directory.version,
    };
  }
}

function fieldOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
