/**
 * Changes of clients: stored first, then applied on every thread; the promise resolves after both. Changes of one key
 * wait for each other; otherwise the last one stored need not be the last one applied.
 */
import { KeyedQueue } from '../../core/keyed-queue.ts';
import { clientLimit } from '../client-limit.ts';
import type { ClientChange, ClientRegistry, ClientStore, NewClient, StoredClient } from '../client-store.ts';
import type { AcceptedVersions } from '../../net/entity-tag.ts';

/** No client has it: versions begin with 1. */
const NO_VERSION = 0;

export class ClientChanges {
  readonly #store: ClientStore;
  readonly #registry: ClientRegistry;
  readonly #queue = new KeyedQueue();

  constructor(store: ClientStore, registry: ClientRegistry) {
    this.#store = store;
    this.#registry = registry;
  }

  /** Rejects as ClientStore.create. If it cannot be applied, it is not stored either. */
  create(client: NewClient): Promise<StoredClient> {
    return this.exclusive(client.key, async () => {
      const created = await this.#store.create({ ...client, ...clientLimit({}, client) });
      try {
        await this.#registry.put(created);
      } catch (error) {
        await this.#store.remove(created.key, created.version).catch(() => {});
        throw error;
      }
      return created;
    });
  }

  /** Undefined if there is no such client. Rejects as ClientStore.update. */
  update(key: string, change: ClientChange, versions: AcceptedVersions): Promise<StoredClient | undefined> {
    return this.exclusive(key, async () => {
      const whole = await this.#withLimit(key, change);
      const updated = await this.#store.update(key, whole, await this.#version(key, versions));
      if (updated !== undefined) await this.#registry.put(updated);
      return updated;
    });
  }

  /** False if there was no such client. Rejects as ClientStore.remove. */
  remove(key: string, versions: AcceptedVersions): Promise<boolean> {
    return this.exclusive(key, async () => {
      const found = await this.#store.get(key);
      if (found === undefined) return false;
      const isRemoved = await this.#store.remove(key, await this.#version(key, versions));
      // Also when another gateway was faster: it is gone, and must not apply here any longer.
      await this.#registry.remove(found);
      return isRemoved;
    });
  }

  /** For changes from elsewhere (another gateway): they wait in the same queue. */
  exclusive<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.#queue.run(key, work);
  }

  /** The rest of the stored limit may not fit the change, and a window's rate changes with it. */
  async #withLimit(key: string, change: ClientChange): Promise<ClientChange> {
    const { algorithm, capacity, ratePerSecond, windowSeconds } = change;
    if ([algorithm, capacity, ratePerSecond, windowSeconds].every((part) => part === undefined)) return change;
    const stored = await this.#store.get(key);
    return stored === undefined ? change : { ...change, ...clientLimit(change, stored) };
  }

  async #version(key: string, versions: AcceptedVersions): Promise<number | undefined> {
    if (versions === undefined || versions.length === 1) return versions?.[0];
    const current = (await this.#store.get(key))?.version ?? NO_VERSION;
    return versions.includes(current) ? current : NO_VERSION;
  }
}
