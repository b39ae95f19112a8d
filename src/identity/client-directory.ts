/**
 * Which clients exist, as one traffic thread knows them: API keys and CIDR blocks. Clients by address or id need no
 * entry here; the shared client table knows whether they are registered.
 *
 * The control thread sends every change and waits until all threads have acknowledged it.
 */
import { CidrMap } from '../net/cidr-map.ts';
import { parseCidr } from '../net/ip-address.ts';
import type { ClientKind } from './core/identity-vocabulary.ts';
import { bucketKey } from './client-identity.ts';

/** A change as it is sent to the threads. */
export interface DirectoryChange {
  readonly op: 'put' | 'remove';
  readonly key: string;
  readonly kind: ClientKind;
  /** SHA-256 of the API key, hex; null: none. */
  readonly apiKeyHash: string | null;
}

export class ClientDirectory {
  /** Incremented with every change: anything derived from an older version is looked up again. */
  version = 0;
  /** Bucket keys by block. */
  readonly blocks = new CidrMap<string>();
  readonly #byApiKey = new Map<string, string>();
  readonly #apiKeyOf = new Map<string, string>();

  /** The client's bucket key. */
  byApiKeyHash(hash: string): string | undefined {
    return this.#byApiKey.get(hash);
  }

  /** @param key a bucket key. */
  needsApiKey(key: string): boolean {
    return this.#apiKeyOf.has(key);
  }

  get hasApiKeys(): boolean {
    return this.#byApiKey.size > 0;
  }

  apply(changes: readonly DirectoryChange[]): void {
    for (const change of changes) this.#apply(change);
    this.version += 1;
  }

  #apply(change: DirectoryChange): void {
    const key = bucketKey(change.kind, change.key);
    const old = this.#apiKeyOf.get(key);
    if (old !== undefined) {
      // It may belong to another client by now.
      if (this.#byApiKey.get(old) === key) this.#byApiKey.delete(old);
      this.#apiKeyOf.delete(key);
    }
    if (change.op === 'put' && change.apiKeyHash !== null) {
      this.#byApiKey.set(change.apiKeyHash, key);
      this.#apiKeyOf.set(key, change.apiKeyHash);
    }
    if (change.kind !== 'cidr') return;
    const cidr = parseCidr(change.key);
    if (cidr === undefined) return;
    if (change.op === 'put') this.blocks.set(cidr, key);
    else this.blocks.delete(cidr);
  }
}
