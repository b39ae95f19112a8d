/**
 * Applies stored clients: writes their settings into the shared client table, where every thread sees them at once, and
 * what must be looked up (API keys, CIDR blocks) into the directory of every thread.
 */
import { restoreLevels } from './level-saver.ts';
import { GatewayError } from '../../errors.ts';
import { CidrMap } from '../../net/cidr-map.ts';
import { bucketKey } from '../../identity/client-identity.ts';
import { parseCidr } from '../../net/ip-address.ts';
import type { DirectoryChange } from '../../identity/client-directory.ts';
import type { ClientQuotas, ClientUpdate } from '../quotas/client-quotas.ts';
import { clientOfBucket } from './client-of-bucket.ts';
import type { BucketLevel, ClientRegistry, ClientStore, StoredClient } from '../client-store.ts';
import { clientPolicy, type LimitPolicies } from '../limit-policy.ts';
import type { RateLimiter } from '../rate-limiter.ts';

export interface RegistryPorts {
  readonly limiter: RateLimiter;
  readonly nowMs: () => number;
  readonly limits: () => LimitPolicies;
  /** Resolves when all traffic threads have acknowledged the changes. */
  readonly publish: (changes: readonly ClientUpdate[]) => Promise<void>;
}

export class LiveClientRegistry implements ClientRegistry {
  readonly #ports: RegistryPorts;
  readonly #clients = new Map<string, StoredClient>();
  #hasRestored = false;
  /** Clients whose last saved level was not full. */
  readonly #used = new Set<string>();
  /** Keys of stored clients for which the table has no room: the default limit applies to them. */
  readonly #leftOut = new Set<string>();
  /** No client has been removed since one was left out. */
  #isFull = false;
  /** Bucket keys of the registered blocks. */
  readonly blocks = new CidrMap<string>();

  constructor(ports: RegistryPorts) {
    this.#ports = ports;
  }

  get size(): number {
    return this.#clients.size;
  }

  /** Stored clients whose settings do not apply, because the table is full. */
  get leftOut(): number {
    return this.#leftOut.size;
  }

  /** Everything a new thread has to know. Clients by address or id are already in the shared table. */
  directory(): ClientUpdate[] {
    const changes: ClientUpdate[] = [];
    for (const client of this.#clients.values()) {
      if (client.kind === 'cidr' || client.apiKeyHash !== null || quotasOf(client) !== undefined)
        changes.push(change('put', client));
    }
    return changes;
  }

  /** Applies all stored clients, as far as the table has room, before the threads start. */
  async load(store: ClientStore): Promise<void> {
    for await (const page of store.all()) {
      for (const client of page) if (client.enabled && !this.#register(client)) this.#leaveOut(client);
    }
  }

  /** Keys whose stored version is not the one that applies: the database was away, or another gateway changed them. */
  async differences(store: ClientStore): Promise<string[]> {
    const keys: string[] = [];
    const gone = new Set(this.#clients.keys());
    for await (const page of store.all()) {
      for (const client of page) {
        const known = this.#clients.get(client.key);
        if (client.enabled) gone.delete(client.key);
        const hasNoRoom = this.#isFull && this.#leftOut.has(client.key);
        if (client.enabled && known?.version !== client.version && !hasNoRoom) keys.push(client.key);
      }
    }
    return [...keys, ...gone];
  }

  /** Another gateway may have changed this client: applies what is stored. */
  async refresh(key: string, store: ClientStore): Promise<void> {
    const stored = await store.get(key);
    const known = this.#clients.get(key);
    if (stored === undefined) {
      this.#leftOut.delete(key);
      if (known !== undefined) await this.remove(known);
    } else if (known?.version !== stored.version) {
      // It exists, whether or not there is room for it.
      if (!(await this.#put(stored))) this.#leaveOut(stored);
    }
  }

  /** Rejects with GW_CLIENT_TABLE_FULL. */
  async put(client: StoredClient): Promise<void> {
    if (!(await this.#put(client))) throw new GatewayError('GW_CLIENT_TABLE_FULL');
  }

  /** False: the table has no room for it. */
  async #put(client: StoredClient): Promise<boolean> {
    if (!client.enabled) {
      await this.remove(client);
      return true;
    }
    if (!this.#register(client)) return false;
    await this.#ports.publish([change('put', client)]);
    return true;
  }

  async remove(client: StoredClient): Promise<void> {
    this.#unregister(client);
    await this.#ports.publish([change('remove', client)]);
  }

  level(key: string): number | null {
    const client = this.#clients.get(key);
    if (client === undefined) return null;
    const { limiter, nowMs, limits } = this.#ports;
    const { lo, hi } = limiter.hash(bucketKey(client.kind, client.key));
    return limiter.table.tokens(lo, hi, limits().default, nowMs());
  }

  /** Undefined: it has none of its own. @param bucket key of the client's bucket */
  quotas(bucket: string): ClientQuotas | undefined {
    const { kind, key } = clientOfBucket(bucket);
    const client = this.#clients.get(key);
    return client?.kind === kind ? quotasOf(client) : undefined;
  }

  /** Called once, when the stored clients apply: at the start, or when a database becomes available later. */
  async restoreLevels(store: Pick<ClientStore, 'loadLevels'>): Promise<void> {
    if (this.#hasRestored) return;
    await restoreLevels(store, (level) => this.restore(level, new Date()));
    this.#hasRestored = true;
  }

  /**
   * Levels worth saving: a full bucket need not be stored. None before the saved ones are restored; otherwise the full
   * buckets of a freshly started gateway would overwrite them.
   */
  *levels(savedAt: Date): Iterable<BucketLevel> {
    if (!this.#hasRestored) return;
    for (const { key, capacity } of this.#clients.values()) {
      const tokens = this.level(key);
      if (tokens === null) continue;
      if (tokens < capacity) this.#used.add(key);
      // Once more after it has filled: an older level at another rate would be wrong.
      else if (!this.#used.delete(key)) continue;
      yield { key, tokens, savedAt };
    }
  }

  /** Adds what it gained since it was saved; what was taken here in the meantime stays taken. */
  restore(level: BucketLevel, now: Date): void {
    const client = this.#clients.get(level.key);
    if (client === undefined) return;
    const { limiter, nowMs } = this.#ports;
    const gained = (Math.max(0, now.getTime() - level.savedAt.getTime()) / 1000) * client.ratePerSecond;
    const { lo, hi } = limiter.hash(bucketKey(client.kind, client.key));
    const tokens = Math.min(client.capacity, level.tokens + gained, this.level(level.key) ?? client.capacity);
    limiter.table.restore(lo, hi, tokens, nowMs());
    this.#used.add(level.key);
  }

  /** False: the table has no room for it. */
  #register(client: StoredClient): boolean {
    const { limiter, nowMs, limits } = this.#ports;
    const { lo, hi } = limiter.hash(bucketKey(client.kind, client.key));
    if (!limiter.table.register(lo, hi, clientPolicy(client), limits().default, nowMs())) return false;
    this.#leftOut.delete(client.key);
    this.#clients.set(client.key, client);
    const block = client.kind === 'cidr' ? parseCidr(client.key) : undefined;
    if (block !== undefined) this.blocks.set(block, bucketKey('cidr', client.key));
    return true;
  }

  #leaveOut(client: StoredClient): void {
    this.#leftOut.add(client.key);
    this.#isFull = true;
  }

  #unregister(client: StoredClient): void {
    const { limiter, nowMs, limits } = this.#ports;
    const { lo, hi } = limiter.hash(bucketKey(client.kind, client.key));
    limiter.table.unregister(lo, hi, limits().default, nowMs());
    this.#leftOut.delete(client.key);
    this.#used.delete(client.key);
    if (this.#clients.delete(client.key)) this.#isFull = false;
    const block = client.kind === 'cidr' ? parseCidr(client.key) : undefined;
    if (block !== undefined) this.blocks.delete(block);
  }
}

function change(op: DirectoryChange['op'], client: StoredClient): ClientUpdate {
  const { key, kind, apiKeyHash } = client;
  if (op === 'remove') return { op, key, kind, apiKeyHash: null };
  const quotas = quotasOf(client);
  return { op, key, kind, apiKeyHash, ...(quotas === undefined ? {} : { quotas }) };
}

function quotasOf({ quotaDay: day, quotaMonth: month }: StoredClient): ClientQuotas | undefined {
  return day === null && month === null ? undefined : { day, month };
}
