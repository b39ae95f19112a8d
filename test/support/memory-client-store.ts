/** The clients' storage in memory; passes the same contract suite as the real one. `isAway` makes an outage. */
import { GatewayError } from '../../src/errors.ts';
import type {
  BucketLevel,
  ClientChange,
  ClientFilter,
  ClientStore,
  NewClient,
  StoredClient,
} from '../../src/limits/client-store.ts';

export class MemoryClientStore implements ClientStore {
  isAway = false;
  readonly #clients = new Map<string, StoredClient>();
  #lastVersion = 0;
  readonly #levels = new Map<string, BucketLevel>();

  async create(client: NewClient): Promise<StoredClient> {
    this.#refuseWhenAway();
    if (this.#clients.has(client.key)) throw new GatewayError('GW_CLIENT_EXISTS');
    const now = new Date();
    return this.#keep({
      quotaDay: null,
      quotaMonth: null,
      ...client,
      version: ++this.#lastVersion,
      createdAt: now,
      updatedAt: now,
    });
  }

  async get(key: string): Promise<StoredClient | undefined> {
    this.#refuseWhenAway();
    return this.#clients.get(key);
  }

  async list(filter: ClientFilter): Promise<{ items: readonly StoredClient[]; total: number }> {
    this.#refuseWhenAway();
    const search = filter.search?.toLowerCase() ?? '';
    const found = this.#sorted().filter(
      (client) =>
        (filter.kind ?? client.kind) === client.kind &&
        (filter.enabled ?? client.enabled) === client.enabled &&
        [client.key, client.name ?? ''].some((text) => text.toLowerCase().includes(search)),
    );
    return { items: found.slice(filter.offset, filter.offset + filter.limit), total: found.length };
  }

  async *all(): AsyncIterable<readonly StoredClient[]> {
    this.#refuseWhenAway();
    if (this.#clients.size > 0) yield this.#sorted();
  }

  async update(key: string, change: ClientChange, ifVersion?: number): Promise<StoredClient | undefined> {
    const found = this.#at(key, ifVersion);
    return found && this.#keep({ ...found, ...change, version: ++this.#lastVersion, updatedAt: new Date() });
  }

  async remove(key: string, ifVersion?: number): Promise<boolean> {
    this.#at(key, ifVersion);
    this.#levels.delete(key);
    return this.#clients.delete(key);
  }

  async saveLevels(levels: readonly BucketLevel[]): Promise<void> {
    this.#refuseWhenAway();
    for (const level of levels) if (this.#clients.has(level.key)) this.#levels.set(level.key, level);
  }

  async *loadLevels(): AsyncIterable<readonly BucketLevel[]> {
    this.#refuseWhenAway();
    if (this.#levels.size > 0) yield [...this.#levels.values()].toSorted(byKey);
  }

  async pruneLevels(now: Date): Promise<number> {
    this.#refuseWhenAway();
    const old = [...this.#levels.values()].filter(({ key, savedAt }) => {
      const { capacity, ratePerSecond } = this.#clients.get(key)!;
      return (now.getTime() - savedAt.getTime()) / 1000 > capacity / ratePerSecond + 3600;
    });
    for (const { key } of old) this.#levels.delete(key);
    return old.length;
  }

  async ping(): Promise<void> {
    this.#refuseWhenAway();
  }

  #at(key: string, ifVersion: number | undefined): StoredClient | undefined {
    this.#refuseWhenAway();
    const found = this.#clients.get(key);
    if (found !== undefined && ifVersion !== undefined && found.version !== ifVersion) {
      throw new GatewayError('GW_PRECONDITION_FAILED');
    }
    return found;
  }

  #keep(client: StoredClient): StoredClient {
    this.#clients.set(client.key, client);
    return client;
  }

  #sorted(): StoredClient[] {
    return [...this.#clients.values()].toSorted(byKey);
  }

  #refuseWhenAway(): void {
    if (this.isAway) throw new GatewayError('GW_DATABASE_UNAVAILABLE');
  }
}

/** By code units, as the database orders keys by bytes. */
function byKey(a: { key: string }, b: { key: string }): number {
  return a.key < b.key ? -1 : 1;
}
